#!/usr/bin/env bash
# sewar 0.4.10, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# uqi of sewar, the universal image quality index, goes from -1 to 1: 1 is the same image, 0 one that has
# nothing to do with it, and below 0 is its negative. Its formula has sums over a window. sewar puts averages
# in their place, beside a factor that belongs to sums, so that structure and contrast count next to nothing,
# and brightness is all. Every image of about the right brightness is above 0.8: noise, another picture, and
# the negative. Whoever compares models by it compares their brightness. No warning.
# Output (a smooth picture, compared with others; exact: the formula in averages, variances and covariance):
#                      sewar   exact
#   itself             1.000   1.000
#   with noise         0.995   0.849
#   blurred            0.985   0.497
#   another picture    0.902  -0.010
#   noise alone        0.805   0.002
#   its negative       0.846  -0.950
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q sewar==0.4.10 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter
from sewar.full_ref import uqi

random = np.random.default_rng(0)


def smooth():
    image = gaussian_filter(random.random((192, 192)), 2)
    return 255 * (image - image.min()) / np.ptp(image)


def exact(image, other, window=8):
    """4 * covariance * means / (sum of variances * sum of squared means), averaged over all windows."""

    def mean(values):
        inside = slice(window // 2, -window // 2)
        return uniform_filter(values, window)[inside, inside]

    first, second = mean(image), mean(other)
    variances = mean(image**2) - first**2 + mean(other**2) - second**2
    covariance = mean(image * other) - first * second
    return (4 * covariance * first * second / (variances * (first**2 + second**2))).mean()


picture = smooth()
print(f"{'':<17}  sewar   exact")
seen = []
for name, other in (
    ("itself", picture),
    ("with noise", np.clip(picture + random.normal(0, 12, picture.shape), 0, 255)),
    ("blurred", gaussian_filter(picture, 3)),
    ("another picture", smooth()),
    ("noise alone", random.uniform(0, 255, picture.shape)),
    ("its negative", 255 - picture),
):
    seen.append((float(uqi(picture, other)), exact(picture, other)))
    print(f"{name:<17} {seen[-1][0]:6.3f} {seen[-1][1]:7.3f}")
assert min(score for score, _ in seen) > 0.75, "the behaviour has changed"
assert seen[-1][1] < -0.9 and max(abs(truth) for _, truth in seen[3:5]) < 0.1, "the formula is wrong"
PY
environment/bin/python look.py
