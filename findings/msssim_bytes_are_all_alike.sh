#!/usr/bin/env bash
# pytorch-msssim 1.0.0, torch 2.14.1, Python 3.11, on a CPU.
# ssim and SSIM of pytorch-msssim, documented for images of 0 to 255, take images of bytes as well. They
# convert their window, whose weights are below 1, to the type of the images: all weights become 0, and so do
# all means and variances, and the similarity of any two images is 1, the best there is: black and white, or
# noise and noise, are the same picture, and a set of samples seems to have collapsed. The same images as
# floats are right. No warning.
# Output:
#                            bytes   int64  floats
#   black and white          1.000   1.000   0.000
#   two images of noise      1.000   1.000   0.006
#   an image and itself      1.000   1.000   1.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-msssim==1.0.0 torch==2.14.1
cat > look.py <<'PY'
import torch
from pytorch_msssim import SSIM, ssim

torch.manual_seed(0)
noise, other = torch.randint(0, 256, (2, 8, 3, 64, 64), dtype=torch.uint8)
black, white = torch.zeros_like(noise), torch.full_like(noise, 255)
TYPES = {"bytes": torch.uint8, "int64": torch.int64, "floats": torch.float32}
print(" " * 22, *(f"{name:>7}" for name in TYPES))
seen = []
for name, first, second in (
    ("black and white", black, white),
    ("two images of noise", noise, other),
    ("an image and itself", noise, noise),
):
    values = [float(ssim(first.to(kind), second.to(kind), data_range=255)) for kind in TYPES.values()]
    print(f"{name:<22}", *(f"{value:7.3f}" for value in values))
    seen.append(values)
same = float(SSIM(data_range=255)(noise, other))
assert all(values[:2] == [1, 1] for values in seen) and same == 1, "the behaviour has changed"
assert max(seen[0][2], seen[1][2]) < 0.01 and abs(seen[2][2] - 1) < 1e-3, "the behaviour has changed"
PY
environment/bin/python look.py
