#!/usr/bin/env bash
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
# KernelDensity estimates a density, which integrates to 1. With kernel="cosine" it does so in an odd number
# of dimensions alone: points of the plane have 0.36 of it, so that each log-likelihood is 1.01 too small; in
# 4 and 8 dimensions it is NaN, in 6 it is 5.3 too small. A search for the best kernel by likelihood, as
# GridSearchCV does it, can never choose it for points of the plane, where it is as good as any. The other
# five kernels are right in all dimensions. No warning.
# Output (integral of the density around one point):
#   dimensions         1      2      3      4      5      6      7      8
#   gaussian       1.000  1.000  1.000  1.000  1.000  1.000  1.000  1.000
#   exponential    1.000  1.000  1.000  1.000  1.000  1.000  1.000  1.000
#   tophat         1.000  1.000  1.000  1.000  1.000  1.000  1.000  1.000
#   epanechnikov   1.000  1.000  1.000  1.000  1.000  1.000  1.000  1.000
#   linear         1.000  1.000  1.000  1.000  1.000  1.000  1.000  1.000
#   cosine         1.000  0.363  1.000    nan  1.000  0.005  1.000    nan
#   mean density at 500 points of the plane: gaussian 0.072, epanechnikov 0.072, cosine 0.026
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-learn==1.9.1 numpy==2.4.6
cat > look.py <<'PY'
import math

import numpy as np
from sklearn.neighbors import KernelDensity

KERNELS = ("gaussian", "exponential", "tophat", "epanechnikov", "linear", "cosine")
DIMENSIONS = range(1, 9)


def integral(kernel, dimensions):
    """Of the density of one point at the origin, along the radius."""
    end = 60.0 if kernel in ("gaussian", "exponential") else 1.0
    radius = (np.arange(50000) + 0.5) / 50000 * end
    points = np.zeros((len(radius), dimensions))
    points[:, 0] = radius
    estimate = KernelDensity(kernel=kernel).fit(np.zeros((1, dimensions)))
    sphere = 2 * math.pi ** (dimensions / 2) / math.gamma(dimensions / 2)
    density = np.exp(estimate.score_samples(points))
    return (density * sphere * radius ** (dimensions - 1)).sum() * end / len(radius)


print(f"{'dimensions':<13}", *(f"{dimensions:>6}" for dimensions in DIMENSIONS))
seen = {}
for kernel in KERNELS:
    seen[kernel] = np.array([integral(kernel, dimensions) for dimensions in DIMENSIONS])
    print(f"{kernel:<13}", *(f"{value:6.3f}" for value in seen[kernel]))

cosine = seen.pop("cosine")
plane = np.random.default_rng(0).standard_normal((1000, 2))
best = {}
for kernel, width in (("gaussian", 0.4), ("epanechnikov", 1.0), ("cosine", 1.0)):
    estimate = KernelDensity(kernel=kernel, bandwidth=width).fit(plane[:500])
    best[kernel] = np.exp(estimate.score_samples(plane[500:])).mean()
shown = ", ".join(f"{kernel} {value:.3f}" for kernel, value in best.items())
print(f"mean density at 500 points of the plane: {shown}")
assert all(abs(values - 1).max() < 0.01 for values in seen.values()), "the behaviour has changed"
assert abs(cosine[[0, 2, 4, 6]] - 1).max() < 0.01, "the behaviour has changed"
assert cosine[1] < 0.4 and cosine[5] < 0.01, "the behaviour has changed"
assert np.isnan(cosine[[3, 7]]).all(), "the behaviour has changed"
PY
environment/bin/python look.py
