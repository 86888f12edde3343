#!/usr/bin/env bash
# torch 2.14.1, Python 3.11, on a CPU.
# The fused steps of Adam, AdamW, Adagrad and SGD read a weight and its gradient in the order in which they
# lie in memory. Where the two lie otherwise, as a weight in channels_last and a contiguous gradient do,
# each element moves by the gradient of another one, without an error; foreach=True and the plain loop are
# right. backward() brings the gradient into the weight's order, but weight.grad =
# torch.autograd.grad(...)[0] does not.
# Output (two steps; elements of the weight that moved against their own gradient):
#   Adam     fused=False  24 of 24 rightly,  fused=True  16 of 24 rightly
#   AdamW    fused=False  24 of 24 rightly,  fused=True  16 of 24 rightly
#   Adagrad  fused=False  24 of 24 rightly,  fused=True  16 of 24 rightly
#   SGD      fused=False  24 of 24 rightly,  fused=True  16 of 24 rightly
#   strides of the weight (12, 1, 6, 3), of what torch.autograd.grad returns (12, 4, 2, 1)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch import nn

last = torch.channels_last
gradient = torch.tensor([1.0, -1.0]).repeat(12).view(2, 3, 2, 2)


def rightly(kind, fused):
    """How many elements of the weight moved against their own gradient."""
    weight = nn.Parameter(torch.zeros(2, 3, 2, 2).to(memory_format=last))
    optimizer = kind([weight], lr=0.1, fused=fused)
    for _ in range(2):
        weight.grad = gradient.clone()
        optimizer.step()
    return int((weight.detach().sign() == -gradient.sign()).sum())


seen = []
for kind in (torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad, torch.optim.SGD):
    counts = (rightly(kind, False), rightly(kind, True))
    seen.append(counts)
    print(
        f"{kind.__name__:<8} fused=False  {counts[0]} of 24 rightly,"
        f"  fused=True  {counts[1]} of 24 rightly"
    )
weight = nn.Parameter(torch.randn(2, 3, 2, 2).to(memory_format=last))
rows = weight.flatten(1)
(found,) = torch.autograd.grad((rows @ rows.T - torch.eye(2)).square().sum(), weight)
print(f"strides of the weight {weight.stride()}, of what torch.autograd.grad returns {found.stride()}")
assert all(a == 24 and b < 24 for a, b in seen), f"the behaviour has changed: {seen}"
assert weight.stride() != found.stride(), "the behaviour has changed"
PY
environment/bin/python look.py
