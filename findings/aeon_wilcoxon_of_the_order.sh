#!/usr/bin/env bash
# aeon 1.6.0, scikit-learn 1.9.1, scipy 1.17.1, pandas 2.3.3, numba 0.63.1, numpy 2.3.5, Python 3.11.
# wilcoxon_test of aeon takes the scores of several networks on several data sets, and is documented to give
# the p-values of the Wilcoxon test. Above the diagonal they belong to a test of one side, whether the network
# that stands first is better; below it all are 0. Whether two networks differ then depends on the order of
# the columns: of one far better network p is 1 if it comes second, and the other half of the table says that
# everything differs from everything. check_friedman of the same module is documented to take a row for each
# network, and takes a column: as documented, its p-value is 1. No warning.
# Output (A is at 0.60 on 12 data sets, B at 0.70, C at 0.60):
#   columns A, B, C
#   A  1.000  1.000  0.455
#   B  0.000  1.000  0.000
#   C  0.000  0.000  1.000
#   columns B, A, C
#   B  1.000  0.000  0.000
#   A  0.000  1.000  0.455
#   C  0.000  0.000  1.000
#   wanted, of both sides: A and B 0.0005, A and C 0.9097, B and C 0.0005
#   check_friedman, a row for each network 1.0000, a column for each 0.0001, scipy 0.0001
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q aeon==1.6.0 scikit-learn==1.9.1 scipy==1.17.1 pandas==2.3.3 numba==0.63.1 \
  numpy==2.3.5
cat > look.py <<'PY'
import numpy as np
from aeon.benchmarking.stats import check_friedman, wilcoxon_test
from scipy import stats

random = np.random.default_rng(0)
scores = {"A": random.normal(0.6, 0.02, 12), "B": random.normal(0.7, 0.02, 12), "C": random.normal(0.6, 0.02, 12)}
tables = {order: wilcoxon_test(np.stack([scores[name] for name in order], 1), list(order)) for order in ("ABC", "BAC")}
for order, table in tables.items():
    print("columns", ", ".join(order))
    for name, row in zip(order, table, strict=True):
        print(name, *(f"{value:6.3f}" for value in row))
both = {pair: stats.wilcoxon(scores[pair[0]], scores[pair[1]]).pvalue for pair in ("AB", "AC", "BC")}
print("wanted, of both sides:", ", ".join(f"{pair[0]} and {pair[1]} {p:.4f}" for pair, p in both.items()))
columns = np.stack(list(scores.values()), 1)
ranks = stats.rankdata(-columns, axis=1)
rows, right = float(check_friedman(ranks.T)), float(check_friedman(ranks))
known = stats.friedmanchisquare(*scores.values()).pvalue
print(f"check_friedman, a row for each network {rows:.4f}, a column for each {right:.4f}, scipy {known:.4f}")
assert both["AB"] < 0.001 < 0.1 < both["AC"], "scipy has changed"
assert tables["ABC"][0, 1] > 0.99 and tables["BAC"][0, 1] < 0.001, "the behaviour has changed"
assert all((table[np.tril_indices(3, -1)] == 0).all() for table in tables.values()), "the behaviour has changed"
assert rows > 0.5 and abs(right - known) < 1e-9 and known < 0.01, "the behaviour has changed"
PY
environment/bin/python look.py
