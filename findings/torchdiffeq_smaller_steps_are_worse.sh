#!/usr/bin/env bash
# torchdiffeq 0.2.5, torch 2.14.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# odeint of torchdiffeq solves a differential equation in steps of step_size: the smaller, the nearer to the
# solution, in each method but one. explicit_adams computes a step from up to twelve earlier ones, which is
# stable for tiny steps alone. On a circle of radius 1 it is ten thousand away where Euler's method, the
# coarsest, is 0.6 away, and each time the steps are halved it is worse by a factor of a hundred thousand or
# more: there are more of them, and each one enlarges the error. The result is finite. No warning, though
# implicit_adams has one; options={"max_order": 4} or 6 is right.
# Output (how far a point is from where it should be after a time of 5):
#   step_size                         0.2      0.1     0.05    0.025
#   euler                           6e-01    3e-01    1e-01    6e-02
#   rk4                             7e-05    4e-06    3e-07    2e-08
#   explicit_adams                  4e+04    4e+09    1e+17    1e+26
#   explicit_adams max_order=4      1e-02    2e-03    2e-04    3e-05
#   explicit_adams max_order=6      2e-04    2e-05    2e-06    1e-07
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchdiffeq==0.2.5 torch==2.14.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torchdiffeq import odeint

TURN = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
START = torch.tensor([1.0, 0.0], dtype=torch.float64)
STEPS = (0.2, 0.1, 0.05, 0.025)


def distance(method, step, **options):
    """How far a point that goes round a circle of radius 1, for a time of 5, is from where it should be."""
    times = torch.tensor([0.0, 5.0], dtype=torch.float64)
    options = {"step_size": step, **options}
    point = odeint(lambda time, point: TURN @ point, START, times, method=method, options=options)[-1]
    return (point - torch.linalg.matrix_exp(5 * TURN) @ START).norm().item()


print(f"{'step_size':<28}", *(f"{step:>8}" for step in STEPS))
seen = {}
for method, options in (
    ("euler", {}),
    ("rk4", {}),
    ("explicit_adams", {}),
    ("explicit_adams", {"max_order": 4}),
    ("explicit_adams", {"max_order": 6}),
):
    name = " ".join((method, *(f"{key}={value}" for key, value in options.items())))
    seen[name] = [distance(method, step, **options) for step in STEPS]
    print(f"{name:<28}", *(f"{far:8.0e}" for far in seen[name]))
for name, row in seen.items():
    smaller = all(after < before for before, after in zip(row, row[1:]))
    larger = all(after > 1000 * before for before, after in zip(row, row[1:]))
    assert larger if name == "explicit_adams" else smaller, "the behaviour has changed"
PY
environment/bin/python look.py
