#!/usr/bin/env bash
# torchmetrics 1.9.0, torch 2.14.1, Python 3.11.
# StructuralSimilarityIndexMeasure and its multi-scale form take the range of the pixels, where data_range
# is not given, from each update: from the darkest to the brightest pixel of that batch. The same pairs of
# images, fed in batches of another size, have another score, and a faint image is judged by the strongest
# beside it. Models that were compared at different batch sizes, or with another last batch, were not
# compared.
# Output (the same 8 pairs of images of growing contrast in batches of 1, 2, 4 and 8):
#   SSIM                         0.921 0.922 0.924 0.927
#   SSIM, data_range=1           0.924 0.924 0.924 0.924
#   multi-scale                  0.916 0.920 0.930 0.946
#   multi-scale, data_range=1    0.957 0.957 0.957 0.957
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchmetrics==1.9.0
cat > look.py <<'PY'
import torch
from torchmetrics.image import (
    MultiScaleStructuralSimilarityIndexMeasure,
    StructuralSimilarityIndexMeasure,
)

torch.manual_seed(0)
contrast = torch.linspace(0.2, 1, 8).view(8, 1, 1, 1)
images = torch.rand(8, 1, 180, 180) * contrast
others = images + 0.05 * torch.randn_like(images)


def scores(kind, **given):
    """The score of the same images in batches of four sizes."""
    found = []
    for size in (1, 2, 4, 8):
        metric = kind(**given)
        for pair in zip(images.split(size), others.split(size), strict=True):
            metric.update(*pair)
        found.append(round(metric.compute().item(), 3))
    return found


seen = {}
for name, kind in (
    ("SSIM", StructuralSimilarityIndexMeasure),
    ("multi-scale", MultiScaleStructuralSimilarityIndexMeasure),
):
    seen[name] = scores(kind)
    seen[f"{name}, data_range=1"] = scores(kind, data_range=1.0)
for name, found in seen.items():
    print(f"{name:<26}  ", *(f"{score:.3f}" for score in found))
changes = [len(set(found)) > 1 for found in seen.values()]
assert changes == [True, False, True, False], "the behaviour has changed"
PY
environment/bin/python look.py
