#!/usr/bin/env bash
# ptflops 0.7.5, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# get_model_complexity_info of ptflops counts the operations and weights of a network, to be printed before it
# is trained. It puts the network into eval mode and leaves it there. A GAN's program seldom calls train(),
# since a new network is in training mode: from then on nothing is dropped, batch normalisation neither uses
# nor learns statistics, and spectral normalisation no longer follows the weights, so that the norm it is to
# keep at 1 grows. To print a number made it another discriminator. No warning; torchinfo puts the mode back.
# Output (a discriminator after 200 steps; its two norms should be 1):
#                     training mode   largest singular values   batches seen by batch normalisation
#   nothing counted   True            1.00  1.00                400
#   ptflops           False           1.91  1.42                0
#   ptflops, train()  True            1.00  1.00                400
#   torchinfo         True            1.00  1.00                400
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q ptflops==0.7.5 torchinfo==1.8.0 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
cat > look.py <<'PY'
import ptflops
import torch
import torchinfo
from torch.nn.utils.parametrizations import spectral_norm


def make():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        spectral_norm(torch.nn.Conv2d(1, 16, 3)),
        torch.nn.LeakyReLU(0.2),
        torch.nn.BatchNorm2d(16),
        torch.nn.Dropout(0.5),
        torch.nn.Flatten(),
        spectral_norm(torch.nn.Linear(16 * 6 * 6, 1)),
    )


def train(discriminator):
    optimizer = torch.optim.Adam(discriminator.parameters(), 0.01)
    torch.manual_seed(1)
    for _ in range(200):
        real, fake = torch.randn(32, 1, 8, 8) + 0.5, torch.randn(32, 1, 8, 8)
        loss = discriminator(fake).mean() - discriminator(real).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def by_ptflops(network):
    ptflops.get_model_complexity_info(network, (1, 8, 8), print_per_layer_stat=False)


def by_ptflops_then_train(network):
    by_ptflops(network)
    network.train()


print("                  training mode   largest singular values   batches seen by batch normalisation")
seen = []
for name, count in (
    ("nothing counted", lambda network: None),
    ("ptflops", by_ptflops),
    ("ptflops, train()", by_ptflops_then_train),
    ("torchinfo", lambda network: torchinfo.summary(network, (1, 1, 8, 8), verbose=0)),
):
    discriminator = make()
    count(discriminator)
    train(discriminator)
    mode, batches = discriminator.training, int(discriminator[2].num_batches_tracked)
    discriminator.eval()
    first, last = (torch.linalg.matrix_norm(discriminator[i].weight.flatten(1), 2).item() for i in (0, 5))
    print(f"{name:<17} {mode!s:<15} {first:.2f}  {last:.2f}                {batches}")
    seen.append((mode, max(first, last), batches))
for number, (mode, norm, batches) in enumerate(seen):
    right = (True, 400, True) if number != 1 else (False, 0, False)
    assert (mode, batches, norm < 1.05) == right, "the behaviour has changed"
PY
environment/bin/python look.py
