#!/usr/bin/env bash
# torchgan 0.1.0, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# WassersteinGradientPenalty and DraganGradientPenalty of torchgan are documented as those of their papers,
# which hold the norm of the gradient at each image at 1. torchgan takes one norm of the gradients of all
# images of the batch together and holds that at 1: the gradient at one image is held at 1 divided by the root
# of the batch size, 0.125 of 64 images. The critic is flatter by that factor, what it says of the distance is
# too small by it, so are the generator's gradients, and a run with another batch size is another game. No
# warning.
# Output (a critic trained to tell two groups of points that are 2 apart; 10 times the penalty):
#   torchgan       batches of   4   slope at an image 0.516   distance 1.06
#   torchgan       batches of  64   slope at an image 0.125   distance 0.25
#   torchgan       batches of 256   slope at an image 0.062   distance 0.13
#   of each image  batches of   4   slope at an image 1.069   distance 2.21
#   of each image  batches of  64   slope at an image 1.098   distance 2.21
#   of each image  batches of 256   slope at an image 1.103   distance 2.21
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchgan==0.1.0 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torchgan.losses import WassersteinGradientPenalty


def of_each_image(points, values):
    gradients = torch.autograd.grad(values.sum(), points, create_graph=True)[0]
    return (gradients.norm(dim=1) - 1).square().mean()


def train(penalty, batch):
    torch.manual_seed(0)
    critic = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.Softplus(), torch.nn.Linear(64, 1))
    optimizer = torch.optim.Adam(critic.parameters(), 0.002, betas=(0.5, 0.9))
    shift = torch.tensor([2.0, 0.0])
    for _ in range(1500):
        fake = 0.1 * torch.randn(batch, 2)
        real = 0.1 * torch.randn(batch, 2) + shift
        between = (fake + torch.rand(batch, 1) * (real - fake)).requires_grad_()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty(between, critic(between))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    points = (0.1 * torch.randn(1000, 2)).requires_grad_()
    slope = torch.autograd.grad(critic(points).sum(), points)[0].norm(dim=1).mean()
    apart = critic(points + shift).mean() - critic(points).mean()
    return float(slope.detach()), float(apart.detach())


seen = {}
for name, penalty in (("torchgan", WassersteinGradientPenalty()), ("of each image", of_each_image)):
    for batch in (4, 64, 256):
        seen[name, batch] = slope, apart = train(penalty, batch)
        print(f"{name:14} batches of {batch:3}   slope at an image {slope:.3f}   distance {apart:.2f}")
assert seen["torchgan", 64][0] < 0.2 and seen["of each image", 64][0] > 0.9, "the behaviour has changed"
assert seen["torchgan", 4][1] > 5 * seen["torchgan", 256][1], "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
