#!/usr/bin/env bash
# hydra-core 1.3.8, omegaconf 2.3.1, Python 3.11.
# hydra.main composes the configuration of each single run twice: first to see whether it sets
# hydra.mode, and then for the run. A resolver in the defaults list is called both times, and the second
# choice counts: one with a side effect, or by chance, chooses something else than the first call did.
# The same happens with hydra.mode=RUN on the command line.
# Output:
#   hydra.main                   called 2 times, {'size': {'width': 2}}
#   hydra.main, hydra.mode=RUN   called 2 times, {'size': {'width': 2}}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hydra-core==1.3.8 omegaconf==2.3.1
cat > look.py <<'PY'
import sys
from pathlib import Path

import hydra
from omegaconf import OmegaConf

calls = []


def pick():
    """The option of the group."""
    calls.append(len(calls))
    return "small" if len(calls) == 1 else "large"


OmegaConf.register_new_resolver("pick", pick)
Path("conf/size").mkdir(parents=True, exist_ok=True)
Path("conf/config.yaml").write_text("defaults:\n  - size: ${pick:}\n  - _self_\n")
Path("conf/size/small.yaml").write_text("width: 1\n")
Path("conf/size/large.yaml").write_text("width: 2\n")


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config):
    name = ", ".join(["hydra.main", *sys.argv[1:]])
    print(f"{name:<28} called {len(calls)} times, {config}")
    assert len(calls) == 2, "the behaviour has changed"


main()
PY
environment/bin/python look.py
environment/bin/python look.py hydra.mode=RUN
