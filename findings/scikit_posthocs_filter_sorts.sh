#!/usr/bin/env bash
# scikit-posthocs 0.17.1, statsmodels 0.15.0, scipy 1.17.1, pandas 3.1.1, numpy 2.4.6, Python 3.11.
# Four functions of scikit-posthocs take outliers away, and give the filtered array. Three of them leave the
# others in their order. outliers_gesd, for more than one outlier, sorts them, also where there is no outlier,
# and says it nowhere; its mask, by hypo=True, is in the order of the input. A curve without its outliers is a
# rising line, and the scores of seeds that were cleaned belong to other seeds: paired tests and correlations
# are of pairs that never were. No warning; values[~outliers_gesd(values, hypo=True)] is right.
# Output (the scores of two networks on the same seeds, and one of 90):
#   scores of a           5.0   3.0   4.0   4.5  90.0   3.5   2.0   4.2   3.9
#   outliers_iqr          5.0   3.0   4.0   4.5         3.5   2.0   4.2   3.9
#   outliers_grubbs       5.0   3.0   4.0   4.5         3.5   2.0   4.2   3.9
#   outliers_gesd         2.0   3.0   3.5   3.9         4.0   4.2   4.5   5.0
#   correlation with b: of the right pairs 0.99, after outliers_gesd -0.38
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-posthocs==0.17.1 statsmodels==0.15.0 scipy==1.17.1 pandas==3.1.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import scikit_posthocs

a = np.array([5.0, 3.0, 4.0, 4.5, 90.0, 3.5, 2.0, 4.2, 3.9])
b = np.array([5.1, 3.2, 4.1, 4.4, 3.6, 2.3, 4.1, 4.0])
kept = np.delete(a, 4)
print("scores of a    ", *(f"{value:5.1f}" for value in a))
seen = {}
for name, function in (
    ("outliers_iqr", scikit_posthocs.outliers_iqr),
    ("outliers_grubbs", scikit_posthocs.outliers_grubbs),
    ("outliers_gesd", lambda values: scikit_posthocs.outliers_gesd(values, outliers=2)),
):
    seen[name] = function(a)
    first, last = ([f"{value:5.1f}" for value in part] for part in (seen[name][:4], seen[name][4:]))
    print(f"{name:<15}", *first, " " * 5, *last)
right, after = (np.corrcoef(values, b)[0, 1] for values in (kept, seen["outliers_gesd"]))
print(f"correlation with b: of the right pairs {right:.2f}, after outliers_gesd {after:.2f}")
assert (seen["outliers_iqr"] == kept).all() and (seen["outliers_grubbs"] == kept).all(), "the others have changed"
assert (seen["outliers_gesd"] == np.sort(kept)).all() and right > 0.9 > 0.5 > after, "the behaviour has changed"
assert (a[~scikit_posthocs.outliers_gesd(a, outliers=2, hypo=True)] == kept).all(), "the mask has changed"
PY
environment/bin/python look.py
