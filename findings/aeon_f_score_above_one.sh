#!/usr/bin/env bash
# aeon 1.6.0, scikit-learn 1.9.1, scipy 1.17.1, pandas 2.3.3, numba 0.63.1, numpy 2.3.5, Python 3.11.
# range_f_score of aeon, by which detectors of anomalies in a time series are compared, is documented as a
# weighted harmonic mean of precision and recall, which is 1 at best. It has beta, the weight of the recall.
# beta ** 2 stands before the sum of both, and not before the precision alone: beta=0.5 makes 2.5 of a perfect
# prediction, beta=2 makes 0.625 of it, and whatever beta is, the order of two detectors is that of beta=1.
# The weight that was asked for counts for nothing. No warning; only with beta=1 is the score right.
# Output (a detector that misses an anomaly, one that sees too many; wanted: from the two means of aeon):
#                    beta=0.5        beta=1          beta=2
#                    aeon  wanted    aeon  wanted    aeon  wanted
#   perfect         2.500   1.000   1.000   1.000   0.625   1.000
#   misses one      1.667   0.833   0.667   0.667   0.417   0.556
#   sees too many   1.667   0.556   0.667   0.667   0.417   0.833
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q aeon==1.6.0 scikit-learn==1.9.1 scipy==1.17.1 pandas==2.3.3 numba==0.63.1 \
  numpy==2.3.5
cat > look.py <<'PY'
import numpy as np
from aeon.benchmarking.metrics.anomaly_detection import range_f_score, range_precision, range_recall

truth = np.array([0, 1, 0, 0, 1, 0, 0, 0, 0, 0])
DETECTORS = {
    "perfect": truth,
    "misses one": np.array([0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    "sees too many": np.array([0, 1, 0, 0, 1, 0, 1, 0, 1, 0]),
}


def wanted(prediction, beta):
    """(1 + beta^2) * precision * recall / (beta^2 * precision + recall)."""
    precision, recall = range_precision(truth, prediction), range_recall(truth, prediction)
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


print(f"{'':<16}", *(f"{f'beta={beta}':<15}" for beta in (0.5, 1, 2)))
print(f"{'':<16}", *["aeon  wanted   "] * 3)
seen = {}
for name, prediction in DETECTORS.items():
    for beta in (0.5, 1, 2):
        score = float(range_f_score(truth, prediction, beta=beta, r_alpha=0))
        seen[name, beta] = (score, float(wanted(prediction, beta)))
    pairs = (f"{score:5.3f}{right:8.3f}  " for score, right in (seen[name, beta] for beta in (0.5, 1, 2)))
    print(f"{name:<15}", *pairs)
assert seen["perfect", 0.5][0] == 2.5 and seen["perfect", 2][0] == 0.625, "the behaviour has changed"
for beta in (0.5, 2):
    few, many = seen["misses one", beta], seen["sees too many", beta]
    assert abs(few[0] - many[0]) < 1e-9 and abs(few[1] - many[1]) > 0.2, "the behaviour has changed"
PY
environment/bin/python look.py
