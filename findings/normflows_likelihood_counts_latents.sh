#!/usr/bin/env bash
# normflows 1.7.3, torch 2.14.1, numpy 2.4.6, Python 3.11.
# NNDiagGaussianDecoder of normflows is the decoder of a variational autoencoder: log_prob(x, z) is the log of
# the normal density of an image x that is decoded from z. The density has a factor for each number of x;
# normflows counts those of z. Of an image of 784 pixels and 2 latent numbers the log-likelihood is too high by
# 782 / 2 * log(2 pi), which is 719 nats, and so is what NormalizingFlowVAE says of images. A latent space of
# more numbers, with the same images decoded, is worse by 0.92 nats for each, so that a comparison of latent
# spaces finds that the smallest is best. Gradients are right. No warning. Uniform, one of the encoders, has
# the density of one number, whatever their number.
# Output (log density of an image of 784 pixels, decoded to the same mean and deviation each time):
#   latent numbers   normflows   normal distribution
#                2      -414.8               -1133.4
#               10      -422.1               -1133.4
#              100      -504.8               -1133.4
#   log density of Uniform(-2, 2) at 100 numbers: -1.39, exact -138.63
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q normflows==1.7.3 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import math

import torch
from normflows.distributions import NNDiagGaussianDecoder
from normflows.distributions.encoder import Uniform
from torch import nn


class Network(nn.Module):
    """Any latent vector gives an image of 0 with a variance of 1."""

    def forward(self, latent):
        return torch.zeros(len(latent), 2 * 784)


torch.manual_seed(0)
image = torch.randn(1, 784)
exact = torch.distributions.Normal(0.0, 1.0).log_prob(image).sum().item()
print("latent numbers   normflows   normal distribution")
for numbers in (2, 10, 100):
    theirs = NNDiagGaussianDecoder(Network()).log_prob(image, torch.zeros(1, numbers)).item()
    print(f"{numbers:>14} {theirs:>11.1f} {exact:>21.1f}")
    gap = (784 - numbers) / 2 * math.log(2 * math.pi)
    assert abs(theirs - exact - gap) < 0.01, "the behaviour has changed"
theirs, exact = Uniform(-2.0, 2.0)(torch.zeros(1, 100))[1].item(), -100 * math.log(4)
print(f"log density of Uniform(-2, 2) at 100 numbers: {theirs:.2f}, exact {exact:.2f}")
assert abs(theirs + math.log(4)) < 0.01, "the behaviour has changed"
PY
environment/bin/python look.py
