#!/usr/bin/env bash
# torchinfo 1.8.0, torch 2.14.1, numpy 2.4.6, Python 3.11.
# summary of torchinfo tells how many multiplications a network needs (total mult-adds), by which networks are
# compared. It takes the weights of a layer times the pixels that come out. In a transposed convolution each
# weight meets the pixels that go in: a layer that doubles the picture is counted 4 times, and the first layer
# of a DCGAN, from 1 x 1 to 4 x 4, 16 times. A layer under spectral_norm has another name for its weight and
# is counted as nothing, and a linear layer of many tokens as if there were one. A generator then seems four
# times as dear as it is, and its discriminator, which costs the same, free. No warning; FlopCounterMode of
# torch, which counts what is computed, is right of these layers.
# Output (multiplications for one image):
#                                       torchinfo        torch
#   ConvTranspose2d, 1 x 1 to 4 x 4      13,107,200      819,200
#   ConvTranspose2d, 4 x 4 to 8 x 8     134,217,728   33,554,432
#   a generator of four of them         415,760,384  101,482,496
#   its discriminator                   100,671,488  100,671,488
#   the same with spectral_norm                   0  100,671,488
#   Linear, 64 tokens                        65,536    4,194,304
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchinfo==1.8.0 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary


def counts(network, example):
    """Multiplications of one pass: those of torchinfo, and those of torch, half of whose operations add."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network(example)
    return summary(network, input_data=example, verbose=0).total_mult_adds, counter.get_total_flops() // 2


def both(name, network, size):
    seen = counts(network.eval(), torch.randn(1, *size))
    print(f"{name:<34} {seen[0]:>12,} {seen[1]:>12,}")
    return seen


def block(layer, channels, wider):
    return layer(channels, wider, 4, 2, 1, bias=False)


def generator():
    first = nn.ConvTranspose2d(100, 512, 4, bias=False)
    return nn.Sequential(first, *(block(nn.ConvTranspose2d, 512 >> i, 256 >> i) for i in range(3)))


def discriminator(change=lambda layer: layer):
    layers = [change(block(nn.Conv2d, 64 << i, 128 << i)) for i in range(3)]
    return nn.Sequential(*layers, nn.Flatten(), change(nn.Linear(512 * 16, 1, bias=False)))


print(f"{'':<34} {'torchinfo':>12} {'torch':>12}")
layer = both("ConvTranspose2d, 1 x 1 to 4 x 4", nn.ConvTranspose2d(100, 512, 4, bias=False), (100, 1, 1))
twice = both("ConvTranspose2d, 4 x 4 to 8 x 8", block(nn.ConvTranspose2d, 512, 256), (512, 4, 4))
first = both("a generator of four of them", generator(), (100, 1, 1))
plain = both("its discriminator", discriminator(), (64, 32, 32))
normal = both("the same with spectral_norm", discriminator(spectral_norm), (64, 32, 32))
tokens = both("Linear, 64 tokens", nn.Linear(256, 256, bias=False), (64, 256))
assert layer[0] == 16 * layer[1] and twice[0] == 4 * twice[1], "the behaviour has changed"
assert first[0] > 4 * first[1], "the behaviour has changed"
assert plain[0] == plain[1] == normal[1] and normal[0] == 0, "the behaviour has changed"
assert 64 * tokens[0] == tokens[1], "the behaviour has changed"
PY
environment/bin/python look.py
