#!/usr/bin/env bash
# torch 2.14.1, numpy 2.4.6, Python 3.11.
# FlopCounterMode of torch counts the operations of a training step. The backward pass of a convolution costs
# twice its forward pass: once for the weights, and once for the images. Of a convolution with groups, such as
# a depthwise one, it takes the groups for the forward pass and the images' half, and forgets them in the
# weights' half, which it counts as if each channel met every other one. The backward pass of 64 groups is
# then 65 times the forward pass, not twice, and a small network with depthwise layers seems as dear to train
# as the large one that it replaces. No warning; without groups, and forwards, the count is right.
# Output (a layer of 64 channels, operations for two images of 16 x 16 pixels):
#   Conv2d           groups  1   forward 37,748,736   backward  75,497,472     2.0 times
#   Conv2d           groups  4   forward  9,437,184   backward  47,185,920     5.0 times
#   Conv2d           groups 16   forward  2,359,296   backward  40,108,032    17.0 times
#   Conv2d           groups 64   forward    589,824   backward  38,338,560    65.0 times
#   ConvTranspose2d  groups  1   forward 37,748,736   backward  75,497,472     2.0 times
#   ConvTranspose2d  groups  4   forward  9,437,184   backward  47,185,920     5.0 times
#   ConvTranspose2d  groups 16   forward  2,359,296   backward  40,108,032    17.0 times
#   ConvTranspose2d  groups 64   forward    589,824   backward  38,338,560    65.0 times
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def operations(function):
    counter = FlopCounterMode(display=False)
    with counter:
        function()
    return counter.get_total_flops()


def passes(groups, transposed=False):
    """The operations of a layer of 64 channels: forwards, and in both directions."""
    layer = (nn.ConvTranspose2d if transposed else nn.Conv2d)(64, 64, 3, padding=1, groups=groups)
    images = torch.randn(2, 64, 16, 16, requires_grad=True)
    return operations(lambda: layer(images)), operations(lambda: layer(images).sum().backward())


seen = []
for name, transposed in (("Conv2d", False), ("ConvTranspose2d", True)):
    for groups in (1, 4, 16, 64):
        forward, both = passes(groups, transposed)
        seen.append((groups, (both - forward) / forward))
        print(f"{name:<15}  groups {groups:>2}   forward {forward:>10,}   backward", end=" ")
        print(f"{both - forward:>11,}   {seen[-1][1]:5.1f} times")
assert all(abs(share - (groups + 1)) < 1e-6 for groups, share in seen), "the behaviour has changed"
PY
environment/bin/python look.py
