#!/usr/bin/env bash
# persim 0.4.1, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# persim compares the persistence diagrams of two images, networks or sets of features: what appears and
# vanishes as a level rises. If all levels are moved by the same number, no distance changes. sliced_wasserstein
# takes the absolute value of a sum of two levels on the way to the diagonal: as soon as levels are below 0, as
# of images between -1 and 1 or of log-densities, points are laid on the wrong side, and the distance grows with
# the level. No warning; the other three distances of persim stay the same.
# Output (a diagram of two points and one of one point, moved by a level):
#   moved by                 0       2    -0.5      -1      -5
#   sliced_wasserstein  0.2251  0.2251  0.3873  1.2108  8.3800
#   wasserstein         0.3536  0.3536  0.3536  0.3536  0.3536
#   bottleneck          0.1500  0.1500  0.1500  0.1500  0.1500
#   heat                0.1071  0.1071  0.1071  0.1071  0.1071
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q persim==0.4.1 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from persim import bottleneck, heat, sliced_wasserstein, wasserstein

first = np.array([[0.0, 1.0], [0.2, 0.5]])
second = np.array([[0.1, 0.9]])
levels = (0, 2, -0.5, -1, -5)
print(f"{'moved by':<18}", *(f"{level:7g}" for level in levels))
for distance in (sliced_wasserstein, wasserstein, bottleneck, heat):
    values = [float(distance(first + level, second + level)) for level in levels]
    print(f"{distance.__name__:<18}", *(f"{value:7.4f}" for value in values))
    if distance is sliced_wasserstein:
        assert abs(values[0] - values[1]) < 1e-4 and values[4] > 5 * values[3] > 20 * values[0], "it has changed"
    else:
        assert np.ptp(values) < 1e-6, f"{distance.__name__} has changed"
PY
environment/bin/python look.py
