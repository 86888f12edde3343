#!/usr/bin/env bash
# torchdiffeq 0.2.5, torch 2.14.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# odeint of torchdiffeq gives the states at the times that are asked for, and gradients for the times as well,
# by which the time of an event or the length of a flow is learned. With a method of fixed steps and
# step_size, a time between the first and the last that is also the end of a step has the gradient 0: the
# state there is taken from the step as it is, while at a time between two steps it is interpolated. Times
# that are learned often begin at such a round number, and stay there for ever. odeint_adjoint, which is
# documented as the same with less memory, gives the right gradient, and so do both without step_size and with
# other methods. No warning.
# Output (dy/dt = y, so that the state at t and its gradient are e^t: 1.649, 1.665 and 2.718):
#   gradient for the time            t = 0.5  t = 0.51  t = 1, the last
#   odeint, rk4, step_size=0.05        0.000     1.691    2.718
#   odeint_adjoint, the same           1.649     1.666    2.718
#   odeint, rk4, no step_size          1.646     1.662    2.713
#   odeint, dopri5                     1.649     1.665    2.718
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchdiffeq==0.2.5 torch==2.14.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torchdiffeq import odeint, odeint_adjoint


class Growth(torch.nn.Module):
    def forward(self, t, y):
        return y


def gradient(solve, middle, at, options):
    """The gradient of the state at one of three times for that time."""
    times = torch.tensor([0.0, middle, 1.0], dtype=torch.float64, requires_grad=True)
    solve(Growth(), torch.ones(1, dtype=torch.float64), times, **options)[at].backward()
    return times.grad[at].item()


fixed = {"method": "rk4", "options": {"step_size": 0.05}}
seen = {}
print(f"{'gradient for the time':<31}  t = 0.5  t = 0.51  t = 1, the last")
for name, solve, options in (
    ("odeint, rk4, step_size=0.05", odeint, fixed),
    ("odeint_adjoint, the same", odeint_adjoint, fixed),
    ("odeint, rk4, no step_size", odeint, {"method": "rk4"}),
    ("odeint, dopri5", odeint, {"method": "dopri5"}),
):
    seen[name] = [gradient(solve, middle, at, options) for middle, at in ((0.5, 1), (0.51, 1), (0.5, 2))]
    first, second, last = seen[name]
    print(f"{name:<31}  {first:7.3f}  {second:8.3f}  {last:7.3f}")
wrong = [name for name, (first, *_) in seen.items() if abs(first - 1.649) > 0.01]
assert wrong == ["odeint, rk4, step_size=0.05"] and seen[wrong[0]][0] == 0, "the behaviour has changed"
assert all(min(others) > 1.6 for _, *others in seen.values()), "the other times have changed"
PY
environment/bin/python look.py
