#!/usr/bin/env bash
# copulas 0.14.1, pandas 2.3.3, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# VineCopula of copulas learns how the columns of a table depend on one another, and samples new rows: a vine
# is a model of any number of columns, built of pairs. The pairs are learned well, and sampled wrongly. Of two
# columns a sample has the dependence of the table. Of three columns that depend on one another equally, with
# a Kendall tau of 0.7 for each pair, one pair of the sample is next to independent, and the others are too
# weak, in each of the three types of vines: each further column is drawn given the random number that the one
# before was made from, and not given its value. No warning; GaussianMultivariate of the same package is
# right.
# Output (1,000 normal rows with correlations of 0.9, and 300 rows of each model):
#   Kendall tau of               a, b   a, c   b, c
#   the table                    0.71   0.70   0.72
#   VineCopula, center           0.23   0.51  -0.04
#   VineCopula, direct           0.23   0.51  -0.04
#   VineCopula, regular          0.28  -0.02   0.51
#   VineCopula, two columns      0.70
#   GaussianMultivariate         0.72   0.72   0.73
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q copulas==0.14.1 pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import numpy as np
import pandas as pd
from copulas.multivariate import GaussianMultivariate, VineCopula

warnings.filterwarnings("ignore")
PAIRS = np.triu_indices(3, 1)


def taus(table):
    return table.corr("kendall").to_numpy()[PAIRS]


def line(name, values):
    print(f"{name:<26}", *(f"{value:6.2f}" for value in values))


random = np.random.default_rng(0)
normal = random.multivariate_normal(np.zeros(3), [[1, 0.9, 0.9], [0.9, 1, 0.9], [0.9, 0.9, 1]], size=1000)
table = pd.DataFrame(normal, columns=list("abc"))
print(f"{'Kendall tau of':<26}", *(f"{pair:>6}" for pair in ("a, b", "a, c", "b, c")))
line("the table", taus(table))
seen = {}
for name, model in (
    ("VineCopula, center", VineCopula("center", random_state=0)),
    ("VineCopula, direct", VineCopula("direct", random_state=0)),
    ("VineCopula, regular", VineCopula("regular", random_state=0)),
    ("VineCopula, two columns", VineCopula("center", random_state=0)),
    ("GaussianMultivariate", GaussianMultivariate(random_state=0)),
):
    if "two" in name:
        model.fit(table[["a", "b"]])
        seen[name] = [model.sample(300).corr("kendall").iloc[0, 1]]
    else:
        model.fit(table)
        seen[name] = taus(model.sample(300))
    line(name, seen[name])
for name in ("center", "direct", "regular"):
    assert min(seen[f"VineCopula, {name}"]) < 0.2, "the behaviour has changed"
assert min(*seen["VineCopula, two columns"], *seen["GaussianMultivariate"]) > 0.6, "the right ways have changed"
PY
environment/bin/python look.py
