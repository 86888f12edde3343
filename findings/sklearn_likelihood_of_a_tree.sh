#!/usr/bin/env bash
# scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# KernelDensity is the Parzen window estimate by which samples are scored. Its tolerances, rtol and atol, are
# 0, and its default says "the best algorithm". Beyond some 40 dimensions the log-likelihood is another one,
# by tens to thousands of nats, as soon as there are more points than fit into a leaf of its tree: it begins
# with a bound on the sum that is far too large and subtracts from it, and the sum is lost in the rounding.
# Which of two sets is the better one changes too. No warning. With a leaf_size of at least the number of
# points, which makes the tree one leaf, it is right.
# Output (mean log-likelihood of 500 digits; exact: logsumexp of the squared distances):
#                                                exact   default  ball_tree  one leaf
#   8 x 8 pixels,   80 digits, width 0.1         -44.6     -44.6      -44.6     -44.6
#   8 x 8 pixels, 1000 digits, width 0.1          16.7      35.7       29.5      16.7
#   24 x 24 pixels, 1000 digits, width 0.2       244.6     293.8      288.2     244.6
#   100 normal numbers, 1000 points, width 1    -163.6    -143.8     -161.6    -163.6
#   the better one of 200 digits and 800 blurred ones: exact the blurred ones, default the 200 digits
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.neighbors import KernelDensity


def exact(points, seen, width):
    squares = (seen**2).sum(1)[:, None] + (points**2).sum(1) - 2 * seen @ points.T
    volume = np.log(len(points)) + points.shape[1] / 2 * np.log(2 * np.pi * width**2)
    return (logsumexp(-squares / (2 * width**2), axis=1) - volume).mean()


def estimated(points, seen, width, **given):
    return KernelDensity(bandwidth=width, **given).fit(points).score_samples(seen).mean()


random = np.random.default_rng(0)
digits = random.permutation(load_digits().data / 16)
large = np.kron(digits.reshape(-1, 8, 8), np.ones((1, 3, 3)))
normal = random.standard_normal((1500, 100))
print(f"{'':<41} {'exact':>8} {'default':>9} {'ball_tree':>10} {'one leaf':>9}")
seen = {}
for name, points, queries, width in (
    ("8 x 8 pixels,   80 digits, width 0.1", digits[:80], digits[1000:1500], 0.1),
    ("8 x 8 pixels, 1000 digits, width 0.1", digits[:1000], digits[1000:1500], 0.1),
    ("24 x 24 pixels, 1000 digits, width 0.2", large[:1000], large[1000:1500], 0.2),
    ("100 normal numbers, 1000 points, width 1", normal[:1000], normal[1000:], 1),
):
    points, queries = points.reshape(len(points), -1), queries.reshape(len(queries), -1)
    values = [exact(points, queries, width)]
    for given in ({}, {"algorithm": "ball_tree"}, {"leaf_size": 2000}):
        values.append(estimated(points, queries, width, **given))
    seen[name] = np.array(values) - values[0]
    print(f"{name:<41} {values[0]:8.1f} {values[1]:9.1f} {values[2]:10.1f} {values[3]:9.1f}")
sets = {
    "the 200 digits": digits[:200],
    "the blurred ones": np.stack([gaussian_filter(d.reshape(8, 8), 0.6).ravel() for d in digits[:800]]),
}
best = [max(sets, key=lambda k: score(sets[k], digits[1000:1500], 0.1)) for score in (exact, estimated)]
print(f"the better one of 200 digits and 800 blurred ones: exact {best[0]}, default {best[1]}")
few, *many = seen.values()
assert abs(few).max() < 1e-6, "the behaviour has changed"
for errors in many:
    assert min(errors[1], errors[2]) > 1 and abs(errors[3]) < 1e-6, "the behaviour has changed"
assert best == ["the blurred ones", "the 200 digits"], "the behaviour has changed"
PY
environment/bin/python look.py
