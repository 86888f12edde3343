#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# An optimizer takes its rate as a tensor, which torch.compile and CUDA graphs want where a rate changes, and
# keeps that tensor and no copy of it. Two optimizers that are given one tensor, as those of a generator and a
# discriminator are, have one rate: the scheduler of one changes the other's, and two schedulers multiply.
# ReduceLROnPlateau fares so with one optimizer: it reduces a rate once for each group of parameters, and with
# two groups by the square of its factor. With a number for the rate all are right. No warning.
# Output (a rate of 0.1 that is halved three times, which is 0.0125):
#   rate is  scheduled                  first rate  second rate
#   number   one of two optimizers        0.012500     0.100000
#   number   two of two optimizers        0.012500     0.012500
#   number   two groups, at a plateau     0.012500     0.012500
#   tensor   one of two optimizers        0.012500     0.012500
#   tensor   two of two optimizers        0.001563     0.001563
#   tensor   two groups, at a plateau     0.001563     0.001563
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau


def weights():
    return [torch.nn.Parameter(torch.zeros(1))]


def rates(rate, scheduled):
    """The rates of two optimizers after three steps of the schedulers of the first ones."""
    optimizers = [torch.optim.Adam(weights(), lr=rate, fused=True) for _ in range(2)]
    schedulers = [ExponentialLR(optimizer, 0.5) for optimizer in optimizers[:scheduled]]
    for _ in range(3):
        for optimizer in optimizers:
            optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    return [float(optimizer.param_groups[0]["lr"]) for optimizer in optimizers]


def plateau(rate):
    """The rates of two groups after three reductions."""
    groups = [{"params": weights()}, {"params": weights()}]
    optimizer = torch.optim.Adam(groups, lr=rate, fused=True)
    scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    for _ in range(4):
        optimizer.step()
        scheduler.step(1.0)
    return [float(group["lr"]) for group in optimizer.param_groups]


seen = []
print(f"{'rate is':<8} {'scheduled':<26} first rate  second rate")
for given, kind in (("number", float), ("tensor", torch.tensor)):
    for name, found in (
        ("one of two optimizers", rates(kind(0.1), 1)),
        ("two of two optimizers", rates(kind(0.1), 2)),
        ("two groups, at a plateau", plateau(kind(0.1))),
    ):
        print(f"{given:<8} {name:<26} {found[0]:10.6f} {found[1]:12.6f}")
        seen.append([round(rate, 6) for rate in found])
half, square = 0.0125, round(0.1 / 64, 6)
number = [[half, 0.1], [half, half], [half, half]]
assert seen == [*number, [half, half], [square, square], [square, square]], "the behaviour has changed"
PY
environment/bin/python look.py
