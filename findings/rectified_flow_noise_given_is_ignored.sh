#!/usr/bin/env bash
# rectified-flow-pytorch 0.14.0, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# sample of MeanFlow and of SplitMeanFlow of rectified-flow-pytorch takes the noise to start from, to see the
# same noise by one step and by many, or by two networks, or to walk from one noise to another. With one step
# the noise is used. With more, of which two are the default of SplitMeanFlow, it is not handed on: samples are
# of another noise each time, and as many as batch_size says, which is one, however many noises were given. A
# comparison by noise then compares strangers, and a mean over the batch is that of one image. No warning;
# slow_sample(noise=...) of MeanFlow, and sample of SoFlow of the same package, take it.
# Output (a flow that adds 5, from the noises 0, 1, 2 and 3):
#   MeanFlow, 1 step          5.0  6.0  7.0  8.0
#   MeanFlow, 4 steps         6.5
#   MeanFlow, again           4.7
#   MeanFlow.slow_sample      5.0  6.0  7.0  8.0
#   SplitMeanFlow, 4 steps    2.8
#   SplitMeanFlow, again      5.6
#   SoFlow, 4 steps           5.0  6.0  7.0  8.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q rectified-flow-pytorch==0.14.0 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore", category=FutureWarning)
from rectified_flow_pytorch.mean_flow import MeanFlow
from rectified_flow_pytorch.soflow import SoFlow
from rectified_flow_pytorch.split_mean_flow import SplitMeanFlow


class Speed(nn.Module):
    """The same speed everywhere."""

    def __init__(self, speed):
        super().__init__()
        self.speed = nn.Parameter(torch.tensor(speed))

    def forward(self, x, time, length=None, s=None):
        return self.speed.expand_as(x)


torch.manual_seed(0)
noise = torch.arange(4.0)[:, None]
to_noise, to_data = Speed(-5.0), Speed(5.0)
mean, split = MeanFlow(to_noise, data_shape=(1,)), SplitMeanFlow(to_data, data_shape=(1,))
other = SoFlow(to_noise, data_shape=(1,))
seen = {
    "MeanFlow, 1 step": mean.sample(noise=noise, batch_size=4),
    "MeanFlow, 4 steps": mean.sample(noise=noise, steps=4),
    "MeanFlow, again": mean.sample(noise=noise, steps=4),
    "MeanFlow.slow_sample": mean.slow_sample(noise=noise, steps=4),
    "SplitMeanFlow, 4 steps": split.sample(noise=noise, steps=4),
    "SplitMeanFlow, again": split.sample(noise=noise, steps=4),
    "SoFlow, 4 steps": other.sample(noise=noise, batch_size=4, steps=4),
}
for name, samples in seen.items():
    print(f"{name:<25}", *(f"{value:4.1f}" for value in samples.flatten().tolist()))
right = {name: torch.equal(samples, noise + 5) for name, samples in seen.items()}
used = {"MeanFlow, 1 step", "MeanFlow.slow_sample", "SoFlow, 4 steps"}
assert {name for name, same in right.items() if same} == used, "the behaviour has changed"
for name in set(seen) - used:
    assert seen[name].shape == (1, 1), "the behaviour has changed"
assert not torch.equal(seen["MeanFlow, 4 steps"], seen["MeanFlow, again"]), "the behaviour has changed"
PY
environment/bin/python look.py
