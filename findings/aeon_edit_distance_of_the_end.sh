#!/usr/bin/env bash
# aeon 1.6.0, scikit-learn 1.9.1, scipy 1.17.1, pandas 2.3.3, numba 0.63.1, numpy 2.3.5, Python 3.11.
# edr_distance of aeon, the edit distance of time series, is documented as the part of the elements that must
# be removed for the series to match. It starts its table with zeros where the cost of removing the first
# elements belongs: what stands at the beginning is removed for nothing. A series with any beginning before it
# is at distance 0, however long that is; with the same at its end it is not, and the longer that is, the nearer
# it comes. No warning.
# Output (a sine of 30 points and longer ones; wanted: the table starts with the costs 1, 2, 3, ...):
#                             aeon  wanted
#   10 elements before it    0.000   0.250
#   300 elements before it   0.000   0.909
#   10 elements behind it    0.250   0.250
#   300 elements behind it   0.091   0.909
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q aeon==1.6.0 scikit-learn==1.9.1 scipy==1.17.1 pandas==2.3.3 numba==0.63.1 \
  numpy==2.3.5
cat > look.py <<'PY'
import numpy as np
from aeon.distances import edr_distance


def wanted(first, second, epsilon):
    """The edit distance of real sequences, by the length of the longer one."""
    costs = np.zeros((len(first) + 1, len(second) + 1))
    costs[:, 0], costs[0] = np.arange(len(first) + 1), np.arange(len(second) + 1)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            match = costs[i, j] + (abs(one - other) >= epsilon)
            costs[i + 1, j + 1] = min(match, costs[i, j + 1] + 1, costs[i + 1, j] + 1)
    return costs[-1, -1] / max(len(first), len(second))


curve = np.sin(np.linspace(0, 2 * np.pi, 30))
print(f"{'':<22} {'aeon':>6}  wanted")
seen = []
for name, before, behind in (
    ("10 elements before it", 10, 0),
    ("300 elements before it", 300, 0),
    ("10 elements behind it", 0, 10),
    ("300 elements behind it", 0, 300),
):
    other = np.concatenate([np.full(before, 9.0), curve, np.full(behind, 9.0)])
    seen.append((float(edr_distance(curve, other, epsilon=0.1)), float(wanted(curve, other, 0.1))))
    print(f"{name:<22} {seen[-1][0]:6.3f} {seen[-1][1]:7.3f}")
few, many, few_behind, many_behind = seen
assert few[0] == many[0] == 0 and many_behind[0] < 0.1, "the behaviour has changed"
assert few_behind[0] == few_behind[1] == few[1] == 0.25 and many[1] == many_behind[1] > 0.9, "it has changed"
PY
environment/bin/python look.py
