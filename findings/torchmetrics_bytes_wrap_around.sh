#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, Python 3.11.
# FrechetInceptionDistance of torchmetrics asks for images of bytes, and PeakSignalNoiseRatio is right of
# them. MeanAbsoluteError, MeanSquaredError, TotalVariation and pairwise_euclidean_distance take them as well,
# and compute in bytes: 3 - 5 is 254, and the square of 16 is 0. MeanSquaredError is right as long as no pixel
# is further than 15 from the true one, and wrong beyond; an absolute error of 1 is 1 or 255, whichever image
# comes first. No warning; torch's own mse_loss and l1_loss refuse bytes.
# Output (the same images as bytes and as floats):
#   MeanAbsoluteError, 100 and 101             bytes    255.0  floats      1.0
#   MeanAbsoluteError, 101 and 100             bytes      1.0  floats      1.0
#   MeanSquaredError, 15 apart                 bytes    225.0  floats    225.0
#   MeanSquaredError, 16 apart                 bytes      0.0  floats    256.0
#   TotalVariation of a slope of 1 per pixel   bytes  61200.0  floats    240.0
#   pairwise_euclidean_distance, 10 apart      bytes      0.0  floats    160.0
#   PeakSignalNoiseRatio, 16 apart             bytes     24.0  floats     24.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchmetrics==1.9.0 torch==2.14.1
cat > look.py <<'PY'
import torch
from torchmetrics import MeanAbsoluteError, MeanSquaredError
from torchmetrics.functional import pairwise_euclidean_distance
from torchmetrics.image import PeakSignalNoiseRatio, TotalVariation


def level(value):
    """An image of one grey level."""
    return torch.full((1, 1, 16, 16), value, dtype=torch.uint8)


def variation(image, _):
    return TotalVariation()(image)


def distance(image, other):
    return pairwise_euclidean_distance(image.flatten(1), other.flatten(1))[0, 0]


slope = (15 - torch.arange(16)).to(torch.uint8).expand(1, 1, 16, 16)
seen = []
for name, measure, image, other in (
    ("MeanAbsoluteError, 100 and 101", MeanAbsoluteError(), level(100), level(101)),
    ("MeanAbsoluteError, 101 and 100", MeanAbsoluteError(), level(101), level(100)),
    ("MeanSquaredError, 15 apart", MeanSquaredError(), level(100), level(115)),
    ("MeanSquaredError, 16 apart", MeanSquaredError(), level(100), level(116)),
    ("TotalVariation of a slope of 1 per pixel", variation, slope, slope),
    ("pairwise_euclidean_distance, 10 apart", distance, level(100), level(110)),
    ("PeakSignalNoiseRatio, 16 apart", PeakSignalNoiseRatio(data_range=255.0), level(100), level(116)),
):
    in_bytes, in_floats = measure(image, other).item(), measure(image.float(), other.float()).item()
    print(f"{name:<42} bytes {in_bytes:8.1f}  floats {in_floats:8.1f}")
    seen.append(round(in_bytes) == round(in_floats))
assert seen == [False, True, True, False, False, False, True], "the behaviour has changed"
PY
environment/bin/python look.py
