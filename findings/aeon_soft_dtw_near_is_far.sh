#!/usr/bin/env bash
# aeon 1.6.0, scikit-learn 1.9.1, scipy 1.17.1, pandas 2.3.3, numba 0.63.1, numpy 2.3.5, tslearn 0.10.0,
# Python 3.11.
# soft_dtw_distance of aeon compares time series by soft dynamic time warping, which is below 0 for series that
# are nearly the same, the more the nearer. aeon documents "minimum value 0", and takes the absolute value; only
# of series that are equal to the last bit it says 0. The nearest series are then far: of a sine and its shifted
# copies, the one that is a millionth away is thrice as far as the one that is 1 away. Nearest neighbours and
# clusters by "soft_dtw" follow it. No warning; tslearn keeps the sign, and the order.
# Output (a sine of 30 points, and itself moved up):
#   moved up by        0   1e-06    0.01     0.3       1       2
#   aeon            0.00   45.81   45.81   43.17   15.45   83.55
#   tslearn       -45.81  -45.81  -45.81  -43.17  -15.45   83.55
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q aeon==1.6.0 scikit-learn==1.9.1 scipy==1.17.1 pandas==2.3.3 numba==0.63.1 \
  numpy==2.3.5 tslearn==0.10.0
cat > look.py <<'PY'
import numpy as np
from aeon.distances import soft_dtw_distance
from tslearn.metrics import soft_dtw

curve = np.sin(np.linspace(0, 2 * np.pi, 30))
shifts = (0, 1e-6, 0.01, 0.3, 1, 2)
print("moved up by ", *(f"{shift:7g}" for shift in shifts))
seen = {}
for name, distance in (("aeon", soft_dtw_distance), ("tslearn", soft_dtw)):
    seen[name] = [float(distance(curve, curve + shift)) for shift in shifts]
    print(f"{name:<12}", *(f"{value:7.2f}" for value in seen[name]))
_, *near = seen["aeon"]
assert seen["aeon"][0] == 0 and near[0] > near[1] > near[2] > 2 * near[3], "the behaviour has changed"
assert seen["tslearn"] == sorted(seen["tslearn"]), "tslearn has changed"
PY
environment/bin/python look.py
