#!/usr/bin/env bash
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
# GaussianMixture.sample and BayesianGaussianMixture.sample are documented to draw from the fitted mixture.
# The points do not come by chance: first all those of the first component, then all of the second, and so on.
# A stream of minibatches of them shows a network one mode at a time, the first half that is kept for training
# has other modes than the second that is kept for testing, and the first hundred of a thousand, taken for a
# metric, are of one mode. KernelDensity.sample and make_blobs, which stand beside them, mix. With a number
# for random_state each call of sample draws the same points as well, so that drawing anew for each update
# trains on one batch for ever. No warning.
# Output (1,000 points of 4 equal modes; the number of modes of which there are points):
#                             first 100   in a batch of 100, on average   in both halves   a second call
#   GaussianMixture                   1                             1.3              1   the same points
#   BayesianGaussianMixture           1                             1.3              1   the same points
#   KernelDensity                     4                             4.0              4   the same points
#   make_blobs                        4                             4.0              4   the same points
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-learn==1.9.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from sklearn.datasets import make_blobs
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neighbors import KernelDensity

CENTRES = np.array([[10.0, 0.0], [0.0, 10.0], [-10.0, 0.0], [0.0, -10.0]])
data = make_blobs(2000, centers=CENTRES, random_state=0)[0]
gaussian = GaussianMixture(4, random_state=0).fit(data)
bayesian = BayesianGaussianMixture(n_components=4, random_state=0).fit(data)
kernel = KernelDensity(bandwidth=0.2).fit(data)
SOURCES = {
    "GaussianMixture": lambda: gaussian.sample(1000)[0],
    "BayesianGaussianMixture": lambda: bayesian.sample(1000)[0],
    "KernelDensity": lambda: kernel.sample(1000, random_state=0),
    "make_blobs": lambda: make_blobs(1000, centers=CENTRES, random_state=0)[0],
}


def modes(points):
    """The modes of which there are points."""
    distances = np.linalg.norm(points[:, None] - CENTRES, axis=2)
    return set(distances.argmin(axis=1).tolist())


print(f"{'':<23} {'first 100':>11} {'in a batch of 100, on average':>31}   in both halves   a second call")
seen = {}
for name, sample in SOURCES.items():
    points = sample()
    batches = np.mean([len(modes(batch)) for batch in points.reshape(10, 100, 2)])
    both = len(modes(points[:500]) & modes(points[500:]))
    again = "the same points" if np.array_equal(points, sample()) else "other points"
    seen[name] = len(modes(points[:100])), batches, both
    print(f"{name:<23} {seen[name][0]:>11} {batches:>31.1f} {both:>14}   {again}")
    assert again == "the same points", "the behaviour has changed"
for name in ("GaussianMixture", "BayesianGaussianMixture"):
    assert seen[name][0] == 1 and seen[name][1] < 2 and seen[name][2] <= 1, "the behaviour has changed"
for name in ("KernelDensity", "make_blobs"):
    assert seen[name] == (4, 4.0, 4), "the behaviour has changed"
PY
environment/bin/python look.py
