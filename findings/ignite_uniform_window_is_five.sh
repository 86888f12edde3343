#!/usr/bin/env bash
# pytorch-ignite 0.5.5, torch 2.14.1, scikit-image 0.26.0, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# SSIM of pytorch-ignite compares images in a window: a Gaussian one, or with gaussian=False a uniform one of
# kernel_size pixels, which is what scikit-image takes unless it is told otherwise. The uniform one is five
# pixels wide, whatever kernel_size is: 7, 9 and 11 only put zeros around it. With 3, its weights add up to
# 0.36 and not to 1, the variances are those of no image, and two pictures that have nothing in common are
# alike. No warning; a kernel_size of 5 and the Gaussian window are right.
# Output (a smooth picture, the same with noise, and another smooth one):
#   kernel_size                3      5      7      9     11   Gaussian
#   noise    ignite        0.991  0.679  0.679  0.679  0.679      0.701
#            scikit-image  0.552  0.679  0.764  0.817  0.849      0.698
#   another  ignite        0.890  0.170  0.170  0.170  0.170      0.156
#            scikit-image  0.332  0.169  0.109  0.083  0.070      0.155
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-ignite==0.5.5 torch==2.14.1 scikit-image==0.26.0 scipy==1.17.1 \
  numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import torch
from ignite.metrics import SSIM
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

SIZES = 3, 5, 7, 9, 11
random = np.random.default_rng(0)


def smooth():
    image = gaussian_filter(random.random((256, 256)), 3)
    return (image - image.min()) / np.ptp(image)


def of_ignite(image, other, **options):
    metric = SSIM(data_range=1.0, **options)
    metric.update((torch.tensor(image)[None, None], torch.tensor(other)[None, None]))
    return metric.compute()


def of_scikit(image, other, **options):
    return structural_similarity(image, other, data_range=1.0, use_sample_covariance=False, **options)


picture, another = smooth(), smooth()
noisy = np.clip(picture + random.normal(0, 0.05, picture.shape), 0, 1)
print(f"{'kernel_size':<21}", *(f"{size:6}" for size in SIZES), "  Gaussian")
for name, other in (("noise", noisy), ("another", another)):
    ours = [of_ignite(picture, other, kernel_size=size, gaussian=False) for size in SIZES]
    theirs = [of_scikit(picture, other, win_size=size) for size in SIZES]
    gaussian = of_ignite(picture, other), of_scikit(picture, other, gaussian_weights=True, sigma=1.5)
    print(f"{name:<8} ignite      ", *(f"{value:6.3f}" for value in ours), f"{gaussian[0]:10.3f}")
    print(f"{'':<8} scikit-image", *(f"{value:6.3f}" for value in theirs), f"{gaussian[1]:10.3f}")
    assert abs(ours[1] - theirs[1]) < 0.01, "the behaviour has changed"
    assert abs(gaussian[0] - gaussian[1]) < 0.01, "the behaviour has changed"
    assert np.ptp(ours[1:]) < 1e-6 < 0.05 < np.ptp(theirs[1:]), "the behaviour has changed"
    assert ours[0] - theirs[0] > 0.3, "the behaviour has changed"
PY
environment/bin/python look.py
