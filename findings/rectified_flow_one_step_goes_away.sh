#!/usr/bin/env bash
# rectified-flow-pytorch 0.14.0, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# SplitMeanFlow of rectified-flow-pytorch learns the mean speed from noise to data, to make samples in one step:
# the noise plus that speed. It learns the speed in this direction, and sample(steps=1) subtracts it, as is
# right for MeanFlow of the same package, which learns it from data to noise. An exact network makes samples as
# far from the noise as the data are, on the other side. add_recon_loss=True has the same mistake: it compares
# data with what is no data, so that the exact network has a loss and training leaves it. No warning; more
# steps, of which 2 is the default, go the right way.
# Output (data that are the noise plus 5, and a network whose one weight is the speed):
#                  learned speed   loss   loss with add_recon_loss   of the noise 0 in 1 step   in 2 steps
#   MeanFlow               -5.00   0.00                       0.00                       5.00         5.00
#   SplitMeanFlow           5.00   0.00                      25.00                      -5.00         5.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q rectified-flow-pytorch==0.14.0 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch

warnings.filterwarnings("ignore", category=FutureWarning)
from rectified_flow_pytorch.mean_flow import MeanFlow
from rectified_flow_pytorch.split_mean_flow import SplitMeanFlow
from torch import nn


class Speed(nn.Module):
    """The same speed everywhere."""

    def __init__(self):
        super().__init__()
        self.speed = nn.Parameter(torch.zeros(()))

    def forward(self, x, time, length):
        return self.speed.expand_as(x)


def loss(flow, share):
    """The loss of a batch, with this share of ordinary flow matching."""
    flow.prob_default_flow_obj = share
    noise = torch.randn(64, 1)
    return flow(noise + 5, noise=noise)


torch.manual_seed(0)
print(f"{'':<14} learned speed   loss   loss with add_recon_loss   of the noise 0 in 1 step   in 2 steps")
seen = {}
for kind in (MeanFlow, SplitMeanFlow):
    network = Speed()
    flow, with_data = kind(network, data_shape=(1,)), kind(network, data_shape=(1,), add_recon_loss=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    for _ in range(500):
        optimizer.zero_grad()
        loss(flow, 1.0).backward()
        optimizer.step()
    flow.get_noise = lambda batch_size=1, data_shape=None: torch.zeros(batch_size, 1)
    ends = [flow.sample(batch_size=1, steps=steps).item() for steps in (1, 2)]
    row = (network.speed.item(), loss(flow, 0.0).item(), loss(with_data, 1.0).item(), *ends)
    seen[kind.__name__] = [round(value, 2) + 0.0 for value in row]
    print("{:<14} {:>13.2f} {:>6.2f} {:>26.2f} {:>26.2f} {:>12.2f}".format(kind.__name__, *seen[kind.__name__]))
assert seen["MeanFlow"] == [-5, 0, 0, 5, 5], "the behaviour of MeanFlow has changed"
assert seen["SplitMeanFlow"] == [5, 0, 25, -5, 5], "the behaviour has changed"
PY
environment/bin/python look.py
