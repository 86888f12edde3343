#!/usr/bin/env bash
# omegaconf 2.3.1, Python 3.11.
# A deep copy of a section of a configuration is not independent: what refers to a key outside the section,
# such as lr: ${lr}, is looked up in the original each time it is read. Sections that are kept in a loop over
# settings, to be trained or written down later, all have the values of the last setting, while keys that
# are no references keep theirs. copy() and OmegaConf.merge of the section do the same; what
# OmegaConf.to_container(resolve=True) makes, or a copy of the whole configuration, is right.
# Output (lr and name were set to 1 and a, 2 and b, 3 and c; what is kept of each):
#   copy.deepcopy(config.optimizer)    [(3, 'a'), (3, 'b'), (3, 'c')]
#   config.optimizer.copy()            [(3, 'a'), (3, 'b'), (3, 'c')]
#   OmegaConf.merge                    [(3, 'a'), (3, 'b'), (3, 'c')]
#   OmegaConf.to_container, resolved   [(1, 'a'), (2, 'b'), (3, 'c')]
#   copy.deepcopy(config).optimizer    [(1, 'a'), (2, 'b'), (3, 'c')]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q omegaconf==2.3.1
cat > look.py <<'PY'
import copy

from omegaconf import OmegaConf

ways = {
    "copy.deepcopy(config.optimizer)": lambda config: copy.deepcopy(config.optimizer),
    "config.optimizer.copy()": lambda config: config.optimizer.copy(),
    "OmegaConf.merge": lambda config: OmegaConf.merge(config.optimizer, {}),
    "OmegaConf.to_container, resolved": lambda config: OmegaConf.to_container(
        config.optimizer, resolve=True
    ),
    "copy.deepcopy(config).optimizer": lambda config: copy.deepcopy(config).optimizer,
}
seen = []
for name, way in ways.items():
    config = OmegaConf.create({"lr": 0, "optimizer": {"name": "", "lr": "${lr}"}})
    kept = []
    for lr, letter in enumerate("abc", 1):
        config.lr = lr
        config.optimizer.name = letter
        kept.append(way(config))
    found = [(section["lr"], section["name"]) for section in kept]
    seen.append(found)
    print(f"{name:<34} {found}")
last = [(3, "a"), (3, "b"), (3, "c")]
right = [(1, "a"), (2, "b"), (3, "c")]
assert seen == [last] * 3 + [right] * 2, "the behaviour has changed"
PY
environment/bin/python look.py
