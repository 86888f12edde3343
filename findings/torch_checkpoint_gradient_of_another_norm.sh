#!/usr/bin/env bash
# torch 2.14.1, numpy 2.4.6, Python 3.11.
# torch.utils.checkpoint saves memory: it keeps no activations, and computes them once more in the backward
# pass. Whether they are the same ones it does not see, if only their shapes are. A layer under spectral_norm,
# with which many discriminators are trained, goes on with its power iteration in each forward pass, and so in
# this one: the weights are divided by another norm than that of the logits, and the gradient is that of
# another network. It is off by up to a quarter, in each step, while loss and logits are equal to the last
# digit. Both forms of spectral_norm and both of checkpoint do so. No warning; in eval mode it is right.
# Output (a discriminator of three layers; how far a checkpoint moves the gradient, as a share of its length):
#                                                use_reentrant False   True
#   none                            a new network              0.000  0.000
#   none                            after 100 steps            0.000  0.000
#   none                            in eval mode               0.000  0.000
#   spectral_norm                   a new network              0.233  0.233
#   spectral_norm                   after 100 steps            0.073  0.073
#   spectral_norm                   in eval mode               0.000  0.000
#   parametrizations.spectral_norm  a new network              0.007  0.007
#   parametrizations.spectral_norm  after 100 steps            0.121  0.121
#   parametrizations.spectral_norm  in eval mode               0.000  0.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint


def gradient(norm, steps, training=True, **options):
    """Logits and gradient of a discriminator after some steps: by a checkpoint, if there are options of it."""
    torch.manual_seed(0)
    first, second, last = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 1)
    network = nn.Sequential(norm(first), nn.LeakyReLU(0.2), norm(second), nn.LeakyReLU(0.2), norm(last))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        functional.softplus(-network(torch.randn(64, 64))).mean().backward()
        optimizer.step()
    optimizer.zero_grad()
    network.train(training)
    images = torch.randn(64, 64, requires_grad=True)
    logits = checkpoint(network, images, **options) if options else network(images)
    functional.softplus(-logits).mean().backward()
    return logits.detach(), torch.cat([weight.grad.flatten() for weight in network.parameters()])


def moved(*setting):
    """How far each form of checkpoint moves the gradient, as a share of its length."""
    logits, plain = gradient(*setting)
    shares = []
    for reentrant in (False, True):
        again, other = gradient(*setting, use_reentrant=reentrant)
        assert torch.equal(logits, again), "the logits differ"
        shares.append(((other - plain).norm() / plain.norm()).item())
    return shares


print(f"{'':<44} use_reentrant False   True")
for name, norm, smallest in (
    ("none", lambda layer: layer, 0),
    ("spectral_norm", nn.utils.spectral_norm, 0.05),
    ("parametrizations.spectral_norm", nn.utils.parametrizations.spectral_norm, 0.001),
):
    for mode, *setting in (("a new network", 0), ("after 100 steps", 100), ("in eval mode", 100, False)):
        shares = moved(norm, *setting)
        print(f"{name:<31} {mode:<15} {shares[0]:>16.3f} {shares[1]:6.3f}")
        right = name == "none" or mode == "in eval mode"
        assert all(share < 1e-5 if right else share > smallest for share in shares), "the behaviour has changed"
PY
environment/bin/python look.py
