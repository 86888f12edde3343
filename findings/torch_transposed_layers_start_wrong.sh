#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# The weight of ConvTranspose2d has its inputs first and its outputs second, that of Conv2d the other way
# round. torch.nn.init takes the second for the inputs in both: kaiming_normal_ and kaiming_uniform_, which
# are documented to preserve the variance of the forward pass, divide by the number of outputs. The last layer
# of a generator, from many channels to three, starts several times too large, and the first, from a short
# latent vector to many channels, too small. weight_norm, documented to have a norm for each output channel,
# has one for each input of such a layer; spectral_norm minds the difference. No warning.
# Output (standard deviation of the output for an input of 1; numbers of norms of weight_norm):
#                     Conv2d 3x3   ConvTranspose2d 3x3   4x4, stride 2
#   100 to 512 channels      1.00                 0.44            0.22
#   512 to 256 channels      1.00                 1.41            0.71
#   128 to 128 channels      1.00                 1.00            0.50
#    64 to   3 channels      0.97                 4.49            2.36
#   weight_norm of a layer of 3 outputs: Conv2d 3 norms, ConvTranspose2d 64 norms
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

seen = {}
print(f"{'':<17} Conv2d 3x3   ConvTranspose2d 3x3   4x4, stride 2")
for inputs, outputs in ((100, 512), (512, 256), (128, 128), (64, 3)):
    torch.manual_seed(0)
    x = torch.randn(16, inputs, 16, 16)
    for layer in (
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.ConvTranspose2d(inputs, outputs, 3, padding=1, bias=False),
        nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False),
    ):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
        inner = layer(x)[..., 2:-2, 2:-2]
        seen.setdefault((inputs, outputs), []).append(inner.std().item())
    plain, transposed, stride = seen[inputs, outputs]
    print(f"{inputs:3} to {outputs:3} channels {plain:9.2f} {transposed:20.2f} {stride:15.2f}")
norms = []
for kind in nn.Conv2d, nn.ConvTranspose2d:
    layer = weight_norm(kind(64, 3, 4))
    norms.append(layer.parametrizations.weight.original0.numel())
print(f"weight_norm of a layer of 3 outputs: Conv2d {norms[0]} norms, ConvTranspose2d {norms[1]} norms")
assert all(abs(plain - 1) < 0.1 for plain, _, _ in seen.values()), "the behaviour has changed"
assert seen[64, 3][1] > 4 and seen[64, 3][2] > 2 and seen[100, 512][1] < 0.5, "the behaviour has changed"
assert norms == [3, 64], "the behaviour has changed"
PY
environment/bin/python look.py
