#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# torch.use_deterministic_algorithms(False) imports torch's compiler, also where deterministic algorithms are
# off already and nothing is ever compiled: some 900 modules, which takes more than a second of processor time.
# Lightning's Trainer(deterministic=False) calls it.
# Output:
#   compiler imported: False before, True after
#   more than 500 modules more: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import sys

import torch

before, modules = "torch._dynamo" in sys.modules, len(sys.modules)
assert not torch.are_deterministic_algorithms_enabled()
torch.use_deterministic_algorithms(False)
after, many = "torch._dynamo" in sys.modules, len(sys.modules) - modules > 500
print(f"compiler imported: {before} before, {after} after")
print(f"more than 500 modules more: {many}")
assert (before, after, many) == (False, True, True), "the behaviour has changed"
PY
environment/bin/python look.py
