#!/usr/bin/env bash
# torchgan 0.1.0, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# SelfAttention2d of torchgan is the layer of SAGAN: each place of a picture takes a mean of what is at all
# places, by weights that add up to 1. torchgan lets the weights add up to 1 on the other side, for each place
# that is looked at, and not for the one that looks. A place that looks at many is many times too bright and
# most are next to dark, the sharper the attention the more. Of a value of 1 everywhere, of which every mean
# is 1, it makes anything between. Weights that were learned with it do not fit another SAGAN's layer, nor the
# other way round. No warning; at the start gamma is 0, so that the layer gives back its input.
# Output (the value 1 everywhere and gamma 1; what comes out at the places of a picture of 16 x 16):
#   input of deviation  1  torchgan   least   0.614  median   0.917  most   3.600
#   input of deviation  1  published  least   1.000  median   1.000  most   1.000
#   input of deviation  3  torchgan   least   0.000  median   0.052  most  26.355
#   input of deviation  3  published  least   1.000  median   1.000  most   1.000
#   input of deviation 10  torchgan   least   0.000  median   0.000  most  27.194
#   input of deviation 10  published  least   1.000  median   1.000  most   1.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchgan==0.1.0 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from torchgan.layers import SelfAttention2d


def as_published(layer, x):
    query, key, value = (part(x).flatten(2) for part in (layer.query, layer.key, layer.value))
    weights = torch.softmax(key.transpose(1, 2) @ query, dim=1)  # (examples, looked at, looking)
    return layer.gamma * (value @ weights).view(x.shape) + x


seen = {}
for deviation in (1, 3, 10):
    torch.manual_seed(0)
    layer = SelfAttention2d(64)
    torch.nn.init.ones_(layer.gamma)
    torch.nn.init.zeros_(layer.value.weight)
    torch.nn.init.ones_(layer.value.bias)
    x = deviation * torch.randn(4, 64, 16, 16)
    with torch.no_grad():
        for name, attend in (("torchgan", layer), ("published", lambda x: as_published(layer, x))):
            added = attend(x) - x
            values = [float(f(added)) for f in (torch.min, torch.median, torch.max)]
            seen[name, deviation] = values
            low, middle, high = (f"{value:7.3f}" for value in values)
            print(f"input of deviation {deviation:2}  {name:9}  least {low}  median {middle}  most {high}")
assert all(abs(value - 1) < 1e-3 for key in seen if key[0] == "published" for value in seen[key])
assert seen["torchgan", 3][2] > 5 and seen["torchgan", 3][1] < 0.9, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
