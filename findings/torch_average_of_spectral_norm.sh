#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# The moving average of a network under spectral normalisation is not normalised. With use_buffers=True,
# AveragedModel averages the vectors of the power iteration too; they turn while the network learns, so
# that their average is shorter than 1, the norm of the weight is underestimated, and in eval mode the
# weight is divided by too little. With use_buffers=False the vectors are copied, which belong to the
# weights of the moment and not to the averaged ones. Neither warns; a few forward passes in train mode
# mend it.
# Output (the largest singular value of a layer, which should be 1, after 1,000 steps):
#   network                        1.00
#   average, use_buffers=True      1.62
#   average, use_buffers=False     1.11
#   either, 30 passes in train     1.00 1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(0)
torch.set_num_threads(1)
network = spectral_norm(nn.Linear(64, 64))
averages = [
    AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.999), use_buffers=buffers)
    for buffers in (True, False)
]
optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
for _ in range(1000):
    loss = (network(torch.randn(64, 64)).tanh() * torch.randn(64)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for average in averages:
        average.update_parameters(network)


def largest(layer):
    return torch.linalg.matrix_norm(layer.eval().weight.detach(), 2).item()


before = [largest(network), *(largest(average.module) for average in averages)]
for average in averages:
    average.train()
    for _ in range(30):
        average(torch.zeros(1, 64))
after = [largest(average.module) for average in averages]
print(f"network                        {before[0]:.2f}")
print(f"average, use_buffers=True      {before[1]:.2f}")
print(f"average, use_buffers=False     {before[2]:.2f}")
print(f"either, 30 passes in train     {after[0]:.2f} {after[1]:.2f}")
ok = abs(before[0] - 1) < 0.01 and before[1] > 1.05 and before[2] > 1.02
assert ok and max(after) < 1.02, "the behaviour has changed"
PY
environment/bin/python look.py
