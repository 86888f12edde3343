#!/usr/bin/env bash
# numpy 2.4.6, Python 3.11.
# default_rng and SeedSequence take a list of numbers as a seed, say [seed, rank] or [seed, epoch, worker].
# Zeros at the end of a list of up to four are lost: rank 0 of a seed draws what the seed alone draws, and
# [seed, 1], epoch 1, draws what [seed, 1, 0] does, worker 0 of epoch 1. A number above 32 bits is cut in two:
# 7 + (1 << 32) is [7, 1]. What was meant to be independent is one stream. No warning; with the numbers the
# other way round, [rank, seed], or by spawn(), it is not.
# Output (the first three of a thousand):
#   7                 [944, 625, 684]
#   [7, 0]            [944, 625, 684]
#   [7, 0, 0, 0]      [944, 625, 684]
#   [7, 1]            [870, 770, 875]
#   [7, 1, 0]         [870, 770, 875]
#   7 + (1 << 32)     [870, 770, 875]
#   [0, 7]            [796, 38, 225]
#   child 0 of 7      [305, 797, 203]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q numpy==2.4.6
cat > look.py <<'PY'
import numpy as np

seen = {}
for name, seed in (
    ("7", 7),
    ("[7, 0]", [7, 0]),
    ("[7, 0, 0, 0]", [7, 0, 0, 0]),
    ("[7, 1]", [7, 1]),
    ("[7, 1, 0]", [7, 1, 0]),
    ("7 + (1 << 32)", 7 + (1 << 32)),
    ("[0, 7]", [0, 7]),
    ("child 0 of 7", np.random.SeedSequence(7).spawn(1)[0]),
):
    seen[name] = np.random.default_rng(seed).integers(0, 1000, 3).tolist()
    print(f"{name:<17} {seen[name]}")
assert seen["7"] == seen["[7, 0]"] == seen["[7, 0, 0, 0]"], "the behaviour has changed"
assert seen["[7, 1]"] == seen["[7, 1, 0]"] == seen["7 + (1 << 32)"] != seen["7"], "the behaviour has changed"
assert seen["[0, 7]"] != seen["7"] != seen["child 0 of 7"], "the behaviour has changed"
PY
environment/bin/python look.py
