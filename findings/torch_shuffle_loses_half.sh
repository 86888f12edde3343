#!/usr/bin/env bash
# torch 2.14.1, numpy 2.4.6, Python 3.11.
# random.shuffle of Python swaps the elements of a sequence in place. An element of a tensor is a view of it,
# which the first half of a swap overwrites: of two elements one is there twice, and the other is gone. After
# a shuffle of a thousand images, latent vectors or indices about half are left, each about twice, in the same
# shape and with much the same mean. No warning; numpy's shuffle does this to a tensor as well, but warns. An
# array of more than one axis fares like the tensor. A list, or x[torch.randperm(len(x))], is right.
# Output (how many of 1,000 different elements are left after random.shuffle):
#   list of numbers         1000
#   list of tensors         1000
#   tensor of one axis       510
#   tensor of two axes       510
#   array of one axis       1000
#   array of two axes        510
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import random

import numpy as np
import torch

rows = [[i, -i] for i in range(1000)]
seen = []
for name, data in (
    ("list of numbers", list(range(1000))),
    ("list of tensors", list(torch.arange(1000))),
    ("tensor of one axis", torch.arange(1000)),
    ("tensor of two axes", torch.tensor(rows)),
    ("array of one axis", np.arange(1000)),
    ("array of two axes", np.array(rows)),
):
    random.seed(0)
    random.shuffle(data)
    left = len({int(np.ravel(element)[0]) for element in data})
    print(f"{name:<22} {left:5}")
    seen.append(left == 1000)
    assert left > 400, "the behaviour has changed"
assert seen == [True, True, False, False, True, False], "the behaviour has changed"
PY
environment/bin/python look.py
