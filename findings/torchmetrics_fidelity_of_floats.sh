#!/usr/bin/env bash
# torchmetrics 1.9.0, piq 0.8.0, torch 2.14.1, torchvision 0.29.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# VisualInformationFidelity of torchmetrics supposes visual noise of variance 2, which is meant for grey
# levels of 0 to 255. It has no data_range, names no range, and takes images of 0 to 1, as networks make them:
# there the noise is a hundred times as large as all images together. The score then measures another thing:
# 0.995 in place of 0.39 for a picture with noise, which counts as nearly perfect, and 0.25 in place of 0.75
# for one of half the contrast, so that the order of two models is reversed. No warning; sigma_n_sq=2/255**2,
# 255 times the images, or piq's vif_p, which is told the range, are right.
# Output (a smooth picture, compared with):
#                         0 to 255   0 to 1   0 to 1, sigma_n_sq=2/255**2    piq
#   itself                   1.000    1.000                         1.000  1.000
#   with noise               0.388    0.995                         0.388  0.388
#   with more noise          0.115    0.936                         0.115  0.115
#   blurred                  0.232    0.144                         0.232  0.232
#   of half the contrast     0.752    0.251                         0.752  0.752
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchmetrics==1.9.0 piq==0.8.0 torch==2.14.1 torchvision==0.29.1 \
  scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import piq
import torch
from scipy.ndimage import gaussian_filter
from torchmetrics.image import VisualInformationFidelity

random = np.random.default_rng(0)
picture = gaussian_filter(random.random((192, 192)), 2)
picture = (picture - picture.min()) / np.ptp(picture)
OTHERS = {
    "itself": picture,
    "with noise": np.clip(picture + random.normal(0, 0.05, picture.shape), 0, 1),
    "with more noise": np.clip(picture + random.normal(0, 0.2, picture.shape), 0, 1),
    "blurred": gaussian_filter(picture, 3),
    "of half the contrast": 0.25 + picture / 2,
}


def batch(image, scale=1):
    return torch.tensor(scale * image)[None, None]


def fidelity(other, scale, **options):
    return VisualInformationFidelity(**options)(batch(other, scale), batch(picture, scale)).item()


print(f"{'':<21} 0 to 255   0 to 1   0 to 1, sigma_n_sq=2/255**2    piq")
seen = {}
for name, other in OTHERS.items():
    scores = [fidelity(other, 255), fidelity(other, 1), fidelity(other, 1, sigma_n_sq=2 / 255**2)]
    scores.append(piq.vif_p(batch(other), batch(picture), data_range=1.0).item())
    print("{:<21} {:8.3f} {:8.3f} {:29.3f} {:6.3f}".format(name, *scores))
    seen[name] = scores
for right, floats, mended, of_piq in seen.values():
    assert max(abs(right - mended), abs(right - of_piq)) < 0.01, "the behaviour has changed"
for place, order in ((0, 1), (1, -1)):
    difference = seen["of half the contrast"][place] - seen["with noise"][place]
    assert order * difference > 0.3, "the behaviour has changed"
PY
environment/bin/python look.py
