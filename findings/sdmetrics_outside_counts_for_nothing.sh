#!/usr/bin/env bash
# sdmetrics 0.32.0, pandas 2.3.3, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# ContinuousKLDivergence of sdmetrics compares two columns of a synthetic table with those of the real one, by
# a histogram: 1 is equal, towards 0 is different. The histogram ends where the real data end. Synthetic rows
# beyond are in no bin, and what is left is scaled to add up to 1: a row that is impossible costs nothing, and
# one that is merely unlikely does. A generator nine tenths of whose rows are nowhere near the data is better
# than one whose spread is a fifth too large. Missing values are set to 0 first, in the table that was handed
# over, which keeps them. No warning of either.
# Output (2,000 rows of two normal columns; 1 is the best score, and 0 the worst):
#   new rows of the same distribution            0.92
#   half of the rows a thousand deviations off   0.87
#   nine tenths of them                          0.82
#   all a fifth too far from the middle          0.77
#   missing values in the real table: 10 before it was compared, 0 after
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q sdmetrics==0.32.0 pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import pandas as pd
from sdmetrics.column_pairs import ContinuousKLDivergence

random = np.random.default_rng(0)
rows = 2000


def normal():
    return pd.DataFrame(random.normal(size=(rows, 2)), columns=["x", "y"])


def outside(share):
    table = normal()
    table.iloc[: int(share * rows)] += 1000
    return table


real = normal()
synthetic = {
    "new rows of the same distribution": normal(),
    "half of the rows a thousand deviations off": outside(0.5),
    "nine tenths of them": outside(0.9),
    "all a fifth too far from the middle": 1.2 * normal(),
}
scores = [ContinuousKLDivergence.compute(real.copy(), table) for table in synthetic.values()]
for name, score in zip(synthetic, scores):
    print(f"{name:44} {score:.2f}")
gaps = normal()
gaps.iloc[:10, 0] = np.nan
before = int(gaps.isna().sum().sum())
ContinuousKLDivergence.compute(gaps, normal())
after = int(gaps.isna().sum().sum())
print(f"missing values in the real table: {before} before it was compared, {after} after")
assert scores[0] - scores[2] < 0.15 and scores[2] > scores[3], "the behaviour has changed"
assert (before, after) == (10, 0), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
