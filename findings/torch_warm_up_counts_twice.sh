#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# A scheduler of torch writes its first rate into the optimizer when it is made, and load_state_dict of the
# scheduler does not take that back. LinearLR and ConstantLR, as in a warm-up, multiply what they find by
# their first factor. If a program makes the optimizer and loads its state, and then makes the scheduler and
# loads its state, the rate is too small by that factor, here 0.1 or 0.3. Since each rate is computed from the
# last one, it stays too small to the end, long after the warm-up, also within SequentialLR and
# ChainedScheduler. Other schedulers alone, such as CosineAnnealingLR, are restored rightly in this order, and
# all are if both are made before either is loaded. No warning.
# Output (saved after 8 steps; the rates of steps 9, 12 and 24; together: both made before either is loaded):
#   LinearLR                   uncut 0.505 0.640 1.000  together 0.505 0.640 1.000  in turn 0.051 0.064 0.100
#   LinearLR, then cosine      uncut 0.905 0.727 0.006  together 0.905 0.727 0.006  in turn 0.096 0.077 0.001
#   LinearLR with exponential  uncut 0.387 0.282 0.080  together 0.387 0.282 0.080  in turn 0.039 0.028 0.008
#   ConstantLR                 uncut 0.300 0.300 1.000  together 0.300 0.300 1.000  in turn 0.090 0.090 0.300
#   CosineAnnealingLR alone    uncut 0.794 0.655 0.095  together 0.794 0.655 0.095  in turn 0.794 0.655 0.095
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import io

import torch
from torch.optim import lr_scheduler as schedules


def warm_up_then_cosine(optimizer):
    parts = [schedules.LinearLR(optimizer, 0.1, total_iters=5), schedules.CosineAnnealingLR(optimizer, 20)]
    return schedules.SequentialLR(optimizer, parts, [5])


def warm_up_with_exponential(optimizer):
    parts = [schedules.LinearLR(optimizer, 0.1, total_iters=5), schedules.ExponentialLR(optimizer, 0.9)]
    return schedules.ChainedScheduler(parts, optimizer=optimizer)


def fresh():
    return torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def rates(optimizer, schedule, steps):
    found = []
    for _ in range(steps):
        optimizer.step()
        schedule.step()
        found.append(optimizer.param_groups[0]["lr"])
    return found


def through_file(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file)


def compare(make):
    """The rates of steps 9, 12 and 24 of an uncut run and of two ways to restore it."""
    optimizer = fresh()
    schedule = make(optimizer)
    rates(optimizer, schedule, 8)
    states = [{"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}]
    states = [through_file(states[0]) for _ in range(2)]
    found = [rates(optimizer, schedule, 16)]
    for order, state in zip(("together", "in turn"), states, strict=True):
        optimizer = fresh()
        if order == "together":
            schedule = make(optimizer)
            optimizer.load_state_dict(state["optimizer"])
        else:
            optimizer.load_state_dict(state["optimizer"])
            schedule = make(optimizer)
        schedule.load_state_dict(state["schedule"])
        found.append(rates(optimizer, schedule, 16))
    return [[values[0], values[3], values[15]] for values in found]


seen = []
for name, make in (
    ("LinearLR", lambda o: schedules.LinearLR(o, 0.1, total_iters=20)),
    ("LinearLR, then cosine", warm_up_then_cosine),
    ("LinearLR with exponential", warm_up_with_exponential),
    ("ConstantLR", lambda o: schedules.ConstantLR(o, 0.3, total_iters=20)),
    ("CosineAnnealingLR alone", lambda o: schedules.CosineAnnealingLR(o, 30)),
):
    found = compare(make)
    uncut, first, turn = (" ".join(f"{rate:.3f}" for rate in values) for values in found)
    print(f"{name:<26} uncut {uncut}  together {first}  in turn {turn}")
    right = all(abs(a - b) < 1e-9 for a, b in zip(found[0], found[1], strict=True))
    small = all(b < 0.31 * a for a, b in zip(found[0], found[2], strict=True))
    seen.append((right, small))
assert seen == [(True, True)] * 4 + [(True, False)], f"the behaviour has changed: {seen}"
PY
environment/bin/python look.py
