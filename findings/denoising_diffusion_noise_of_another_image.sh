#!/usr/bin/env bash
# denoising-diffusion-pytorch 2.3.4, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# GaussianDiffusion of denoising-diffusion-pytorch learns to tell the noise that was added to an image. With
# immiscible=True it first exchanges the noise among the images of the batch, so that each has one that is
# near to it, which is to speed up training. It adds the noise in the new order and asks the network for the
# noise in the old one: that of another image of the batch, of which the network has seen nothing. An ideal
# network, which tells the noise exactly, has twice the loss of one that always says 0. A network that is
# trained can learn no more than to say next to 0. With objective="pred_v", the default, the noise within what
# is asked for is the wrong one as well; "pred_x0" is right. No warning.
# Output (objective="pred_noise", 256 images of chance):
#   mean squared error of   the ideal network   one that always says 0
#   immiscible=False                    0.000                    1.012
#   immiscible=True                     2.007                    1.012
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q denoising-diffusion-pytorch==2.3.4 torch==2.14.1 torchvision==0.29.1 \
    numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch

warnings.filterwarnings("ignore", category=FutureWarning)
from denoising_diffusion_pytorch import GaussianDiffusion


class Silent(torch.nn.Module):
    """Always says 0."""

    channels = out_dim = 1
    self_condition = False

    def forward(self, noisy, times, condition):
        return torch.zeros_like(noisy)


class Ideal(Silent):
    """Knows the images, and so tells the noise that is in what it sees."""

    def forward(self, noisy, times, condition):
        share = diffusion.alphas_cumprod[times].view(-1, 1, 1, 1)
        return (noisy - share.sqrt() * (2 * images - 1)) / (1 - share).sqrt()


images = torch.rand(256, 1, 8, 8, generator=torch.Generator().manual_seed(0))
seen = {}
print(f"{'mean squared error of':<22}  the ideal network   one that always says 0")
for immiscible in (False, True):
    losses = []
    for network in (Ideal(), Silent()):
        torch.manual_seed(0)
        diffusion = GaussianDiffusion(network, image_size=8, objective="pred_noise", immiscible=immiscible)
        losses.append(diffusion(images).item())
    seen[immiscible] = losses
    print(f"immiscible={immiscible!s:<11}  {losses[0]:17.3f}   {losses[1]:22.3f}")
assert seen[False][0] < 1e-3 and abs(seen[False][1] - 1) < 0.1, "the usual way has changed"
assert seen[True][0] > 1.5 * seen[True][1], "the behaviour has changed"
PY
environment/bin/python look.py
