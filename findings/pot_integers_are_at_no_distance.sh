#!/usr/bin/env bash
# POT 0.9.7.post1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# ot.sliced_wasserstein_distance and ot.max_sliced_wasserstein_distance of POT draw their directions, and
# ot.wasserstein_1d its weights of 1 / n, in the type of the data. Of integers, such as images of bytes, every
# direction and every weight is rounded down to 0: the distance is 0, whatever the two sets are, and so is the
# best score that a generator can get. ot.emd2_1d, the same distance by another function, is right of
# integers, and all are of floats. No warning.
# Output (1,000 dark images of levels below 50, and 1,000 bright ones above 150):
#                                 bytes    int64   floats
#   sliced_wasserstein_distance    0.00     0.00   175.42
#   max_sliced_wasserstein         0.00     0.00   506.33
#   wasserstein_1d, one pixel      0.00     0.00   149.58
#   emd2_1d, one pixel           149.58   149.58   149.58
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q POT==0.9.7.post1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import ot

random = np.random.default_rng(0)
dark = random.integers(0, 50, (1000, 64))
bright = random.integers(150, 200, (1000, 64))
TYPES = {"bytes": np.uint8, "int64": np.int64, "floats": np.float64}
FUNCTIONS = {
    "sliced_wasserstein_distance": lambda a, b: ot.sliced_wasserstein_distance(a, b, seed=0),
    "max_sliced_wasserstein": lambda a, b: ot.max_sliced_wasserstein_distance(a, b, seed=0),
    "wasserstein_1d, one pixel": lambda a, b: ot.wasserstein_1d(a[:, 0], b[:, 0]),
    "emd2_1d, one pixel": lambda a, b: ot.emd2_1d(a[:, 0], b[:, 0], metric="euclidean"),
}
print(" " * 27, *(f"{name:>8}" for name in TYPES))
seen = []
for name, function in FUNCTIONS.items():
    values = [float(function(dark.astype(kind), bright.astype(kind))) for kind in TYPES.values()]
    print(f"{name:<27}", *(f"{value:8.2f}" for value in values))
    seen.append(values)
for values in seen[:3]:
    assert values[:2] == [0, 0] and values[2] > 100, "the behaviour has changed"
assert all(abs(value - seen[2][2]) < 0.01 for value in seen[3]), "the behaviour has changed"
PY
environment/bin/python look.py
