#!/usr/bin/env bash
# rectified-flow-pytorch 0.14.0, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# RectifiedFlow of rectified-flow-pytorch with use_consistency=True keeps a moving average of the network, for
# two purposes: samples are made by it with sample(use_ema=True), and the network is trained to agree with it
# at a time a little later. The method that asks a network takes the network as an argument, and then asks the
# one that is trained: the average is updated and saved, and nobody ever looks at it. Samples of the average
# are those of the raw network, and so is all that is measured of it; the loss of consistency compares the
# network with itself. No warning.
# Output (a network whose one weight is the speed of the flow, and an average with another weight):
#   speed of the network, of the average   end of a sample by each   they disagree by
#                    1.0              1.0          1.00        1.00               0.00
#                    1.0              5.0          1.00        1.00               0.00
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
from rectified_flow_pytorch import RectifiedFlow


class Speed(torch.nn.Module):
    """A flow of one speed everywhere, which is its only weight."""

    def __init__(self):
        super().__init__()
        self.speed = torch.nn.Parameter(torch.zeros(1))

    def forward(self, state, times):
        return self.speed.expand_as(state)


flow = RectifiedFlow(Speed(), use_consistency=True, data_normalize_fn=None, data_unnormalize_fn=None)
average = flow.ema_model.ema_model
start, data = torch.zeros(1, 1), torch.zeros(100, 1)
seen = []
print("speed of the network, of the average   end of a sample by each   they disagree by")
for speeds in ((1.0, 1.0), (1.0, 5.0)):
    with torch.no_grad():
        flow.model.speed.fill_(speeds[0])
        average.speed.fill_(speeds[1])
    ends = [flow.sample(noise=start, data_shape=(1,), use_ema=use).item() for use in (False, True)]
    torch.manual_seed(0)
    disagreement = flow(data, return_loss_breakdown=True)[1].velocity_match.item()
    seen.append([*(round(end, 3) for end in ends), disagreement])
    print(f"{speeds[0]:20} {speeds[1]:16} {ends[0]:13.2f} {ends[1]:11.2f} {disagreement:18.2f}")
assert seen[0] == [1, 1, 0], "equal networks have changed"
assert seen[1] == [1, 1, 0], "the behaviour has changed"
PY
environment/bin/python look.py
