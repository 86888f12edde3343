#!/usr/bin/env bash
# scikit-dimension 0.5.0, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# scikit-dimension estimates how many dimensions data have, such as the images or features that a generator is
# to fill, by one class for each method. KNN draws parts of the data of several sizes, and tells the dimension
# by how the way through their neighbours grows with the size. Its default sizes are 3, 4, 5 and 6, whatever
# there are: of 1,000 points at most 18 are looked at. The result is chance, anything from 1 to the number of
# columns, and another one at each fit, of a line as of a plane. No warning; with ps=range(10, 60, 10) and
# M=50, parts of 10 to 50 points, 50 of each, it is about right of few dimensions, and MLE and TwoNN are right
# by default.
# Output (1,000 points in 10 columns; KNN by default with the seeds 0 to 7):
#                KNN                      KNN, larger parts   MLE  TwoNN
#   a line        1  1  1  1  7  1  2  1   1                   0.99  0.98
#   a plane       1 10  2  5  1  1 10  2   2                   1.92  1.89
#   3 dimensions  1  1  2  1  1  1  7  4   3                   2.79  3.03
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-dimension==0.5.0 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from skdim.id import KNN, MLE, TwoNN

seen = {}
print(f"{'':<12} KNN                      KNN, larger parts   MLE  TwoNN")
for name, dimensions in (("a line", 1), ("a plane", 2), ("3 dimensions", 3)):
    random = np.random.default_rng(0)
    points = random.uniform(size=(1000, dimensions)) @ random.normal(size=(dimensions, 10))
    default = [int(KNN(random_state=seed).fit(points).dimension_) for seed in range(8)]
    larger = int(KNN(ps=range(10, 60, 10), M=50, random_state=0).fit(points).dimension_)
    others = [float(method().fit(points).dimension_) for method in (MLE, TwoNN)]
    seen[dimensions] = default, larger, others
    row = " ".join(f"{value:2}" for value in default)
    print(f"{name:<12} {row:<25} {larger:<18}", *(f"{value:5.2f}" for value in others))
for dimensions, (default, larger, others) in seen.items():
    right = sum(value == dimensions for value in default)
    assert max(default) - min(default) >= 3 and right < 7, "KNN has changed"
    assert larger == dimensions and np.allclose(others, dimensions, rtol=0.1), "the right ways have changed"
PY
environment/bin/python look.py
