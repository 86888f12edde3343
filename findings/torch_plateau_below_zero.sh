#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# ReduceLROnPlateau takes a value for better if it is below best * (1 - threshold). Below zero that is above
# the best: a critic's loss, a log-likelihood or an unbiased kernel distance that stays at -5, or grows worse
# by a little each time, is better each time, and becomes the best. The rate is never reduced, and best is
# the worst value seen. mode="max" fails below zero likewise. No warning; threshold_mode="abs" is right.
# Output (100 values; the rate at the end, which began at 1, and what best is):
#   constant  5.0               rate 0.1^8  best 5.0
#   constant -5.0               rate 1      best -5.0
#   rising from -5.0 to -4.99   rate 1      best -4.99
#   the same, abs               rate 0.1^8  best -5.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import math

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau


def end(values, **given):
    """How often the rate was reduced, and the best value."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = ReduceLROnPlateau(optimizer, **given)
    for value in values:
        schedule.step(value)
    return round(-math.log10(optimizer.param_groups[0]["lr"])), round(schedule.best, 6)


worse = [-5 + 0.01 * i / 99 for i in range(100)]
seen = []
for name, values, given in (
    ("constant  5.0", [5.0] * 100, {}),
    ("constant -5.0", [-5.0] * 100, {}),
    ("rising from -5.0 to -4.99", worse, {}),
    ("the same, abs", worse, {"threshold_mode": "abs"}),
):
    times, best = end(values, **given)
    seen.append((times > 0, best))
    print(f"{name:<27} rate {f'0.1^{times}' if times else '1':<6} best {best}")
assert seen == [(True, 5.0), (False, -5.0), (False, -4.99), (True, -5.0)], "the behaviour has changed"
PY
environment/bin/python look.py
