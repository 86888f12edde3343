#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, Python 3.11.
# The distance of a sample to a training image that it copies is 0. pairwise_euclidean_distance of
# torchmetrics takes the root of |x|^2 + |y|^2 - 2 xy, which rounding makes negative as well as positive, and
# gives NaN for a part of such pairs. The smallest distance of a row with NaN is NaN, which is below no
# threshold: copies that a search for memorised images should find count as far from everything, and the mean
# of all nearest distances is NaN. No warning; torch.cdist gives numbers. How many are NaN is not the same on
# all processors.
# Output (of 500 images the nearest one to exact copies of 200 of them):
#   features of 16 numbers, torchmetrics    NaN 31 of 200, found below 0.001: 169
#   features of 16 numbers, torch.cdist     NaN  0 of 200, found below 0.001: 200
#   features of 64 numbers, torchmetrics    NaN 23 of 200, found below 0.001: 177
#   features of 64 numbers, torch.cdist     NaN  0 of 200, found below 0.001: 200
#   784 pixels of 0 to 1,   torchmetrics    NaN 45 of 200, found below 0.001: 155
#   784 pixels of 0 to 1,   torch.cdist     NaN  0 of 200, found below 0.001: 200
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchmetrics==1.9.0 torch==2.14.1
cat > look.py <<'PY'
import torch
from torchmetrics.functional import pairwise_euclidean_distance

torch.manual_seed(0)
exact = "donot_use_mm_for_euclid_dist"
seen = []
for name, images in (
    ("features of 16 numbers,", torch.randn(500, 16)),
    ("features of 64 numbers,", torch.randn(500, 64)),
    ("784 pixels of 0 to 1,", torch.randint(0, 256, (500, 784)) / 255),
):
    copies = images[:200].clone()
    for how, distances in (
        ("torchmetrics", pairwise_euclidean_distance(copies, images)),
        ("torch.cdist", torch.cdist(copies, images, compute_mode=exact)),
    ):
        nearest = distances.amin(dim=1)
        lost, found = int(nearest.isnan().sum()), int((nearest < 0.001).sum())
        print(f"{name:<23} {how:<15} NaN {lost:2} of 200, found below 0.001: {found}")
        seen.append((lost > 0, lost + found == 200))
assert seen == [(True, True), (False, True)] * 3, "the behaviour has changed"
PY
environment/bin/python look.py
