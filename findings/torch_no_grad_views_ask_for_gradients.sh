#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# A view of a parameter that is made under torch.no_grad() says requires_grad=True: x[0], x.view(...),
# x.expand(...), x.T; what is computed from it (x * 1) says False. Outside, a loss of such a view has a
# grad_fn, and backward() runs without an error and gives a gradient to nobody, neither the parameter nor
# the view, though is_leaf is True. The same loss of x * 1 raises. So a check of requires_grad passes, a
# graph is built, and a network made of such views never learns, in silence.
# Output:
#   under no_grad: x * 1 False, x[0] True, x.view True, x.expand True, x.T True
#   loss of x[0]:  requires_grad True, backward ran, gradient of the parameter None, of the view None
#   loss of x * 1: requires_grad False, backward raised RuntimeError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import warnings

import torch

x = torch.nn.Parameter(torch.ones(4, 1))
with torch.no_grad():
    made = {"x * 1": x * 1, "x[0]": x[0], "x.view": x.view(-1), "x.expand": x.expand(4, 3), "x.T": x.T}
asks = {name: tensor.requires_grad for name, tensor in made.items()}
print("under no_grad: " + ", ".join(f"{name} {asked}" for name, asked in asks.items()))

view = made["x[0]"]
loss = (3 * view).sum()
with warnings.catch_warnings():
    warnings.simplefilter("error")
    loss.backward()
silent = loss.requires_grad and view.is_leaf and x.grad is None and view.grad is None
print(
    f"loss of x[0]:  requires_grad {loss.requires_grad}, backward ran, gradient of the parameter {x.grad},"
    f" of the view {view.grad}"
)
other = (3 * made["x * 1"]).sum()
try:
    other.backward()
    raised = "nothing"
except RuntimeError:
    raised = "RuntimeError"
print(f"loss of x * 1: requires_grad {other.requires_grad}, backward raised {raised}")
expected = {"x * 1": False, "x[0]": True, "x.view": True, "x.expand": True, "x.T": True}
assert asks == expected and silent and raised == "RuntimeError", "the behaviour has changed"
PY
environment/bin/python look.py
