#!/usr/bin/env bash
# torchmetrics 1.9.0, sewar 0.4.10, scipy 1.17.1, torch 2.14.1, numpy 2.4.6, Python 3.11.
# RelativeAverageSpectralError of torchmetrics, by which networks that sharpen satellite images are compared,
# is the error in percent of the mean: of images of 100 that are 10 too bright it is 10. torchmetrics takes
# the mean over a window by an average, and divides it by the number of pixels of the window once more. The
# result is too large by that number: 640 in the usual window of 8. A window of another size, which makes no
# difference here, gives 160 or 2,560. Numbers of papers and of other programs cannot be compared with it. No
# warning; divided by window_size**2 it is right, and so is sewar's rase.
# Output (an image that is 100 everywhere, and one that is 10 brighter):
#   window_size       4      8     16
#   torchmetrics  160.0  640.0 2560.0
#   sewar          10.0   10.0   10.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torchmetrics==1.9.0 sewar==0.4.10 scipy==1.17.1 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import torch
from sewar.full_ref import rase
from torchmetrics.image import RelativeAverageSpectralError

WINDOWS = 4, 8, 16
TRUE, BRIGHTER = 100.0, 110.0


def of_torchmetrics(window):
    images = [torch.full((1, 3, 64, 64), level) for level in (BRIGHTER, TRUE)]
    return RelativeAverageSpectralError(window_size=window)(*images).item()


def of_sewar(window):
    images = [np.full((64, 64, 3), level) for level in (TRUE, BRIGHTER)]
    return float(rase(*images, ws=window))


seen = {}
print(f"{'window_size':<13}", *(f"{window:6}" for window in WINDOWS))
for name, function in (("torchmetrics", of_torchmetrics), ("sewar", of_sewar)):
    seen[name] = np.array([function(window) for window in WINDOWS])
    print(f"{name:<13}", *(f"{value:6.1f}" for value in seen[name]))
assert np.allclose(seen["sewar"], 10), "the behaviour has changed"
assert np.allclose(seen["torchmetrics"], [10 * window**2 for window in WINDOWS]), "the behaviour has changed"
PY
environment/bin/python look.py
