#!/usr/bin/env bash
# torchmetrics 1.9.0, sewar 0.4.10, torch 2.14.1, Pillow 13.0.0, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# PeakSignalNoiseRatioWithBlockedEffect of torchmetrics, PSNR-B, is the PSNR of images that may show the
# blocks of JPEG: it adds how strong the blocks are to the mean squared error. The error is a mean over all
# images, and the blocks are a sum over them: each further image makes the score worse, by 10 dB for each
# factor of ten, and a network that removes blocks is better on a small set than on a large one. Two models
# that were measured on sets of different sizes, or one on its training and test images, are not compared. No
# warning; the mean of the scores of single images is right.
# Output (smooth pictures and the same as JPEG, all of the same quality):
#   number of images              1      2     10    100
#   PSNR-B, in one batch       24.9   22.2   16.0    6.1
#   PSNR-B, one by one         24.9   22.2   16.0    6.1
#   PSNR                       29.6   29.5   29.4   29.3
#   PSNR-B of sewar, mean      24.9   24.5   24.5   24.4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchmetrics==1.9.0 sewar==0.4.10 torch==2.14.1 pillow==13.0.0 scipy==1.17.1 \
  numpy==2.4.6
cat > look.py <<'PY'
import io

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from sewar.full_ref import psnrb
from torchmetrics.image import PeakSignalNoiseRatio, PeakSignalNoiseRatioWithBlockedEffect

NUMBERS = 1, 2, 10, 100
random = np.random.default_rng(0)


def pair():
    """A smooth picture, and the same as JPEG."""
    picture = gaussian_filter(random.random((64, 64)), 2)
    picture = (255 * (picture - picture.min()) / np.ptp(picture)).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=10)
    return picture, np.array(Image.open(file))


def of_torchmetrics(kind, number, batch_size):
    metric = kind(data_range=255.0)
    stacks = [np.stack(images) for images in zip(*pairs[:number], strict=True)]
    true, decoded = (torch.tensor(stack).float()[:, None] for stack in stacks)
    for batch in zip(decoded.split(batch_size), true.split(batch_size), strict=True):
        metric.update(*batch)
    return metric.compute().item()


pairs = [pair() for _ in range(max(NUMBERS))]
blocked = PeakSignalNoiseRatioWithBlockedEffect
print(f"{'number of images':<24}", *(f"{number:6}" for number in NUMBERS))
seen = {}
for name, score in (
    ("PSNR-B, in one batch", lambda number: of_torchmetrics(blocked, number, number)),
    ("PSNR-B, one by one", lambda number: of_torchmetrics(blocked, number, 1)),
    ("PSNR", lambda number: of_torchmetrics(PeakSignalNoiseRatio, number, number)),
    ("PSNR-B of sewar, mean", lambda number: np.mean([psnrb(*images) for images in pairs[:number]])),
):
    seen[name] = [score(number) for number in NUMBERS]
    print(f"{name:<24}", *(f"{value:6.1f}" for value in seen[name]))
for name, values in seen.items():
    falls = name in ("PSNR-B, in one batch", "PSNR-B, one by one")
    assert values[0] - values[-1] > 15 if falls else np.ptp(values) < 1, "the behaviour has changed"
PY
environment/bin/python look.py
