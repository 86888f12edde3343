#!/usr/bin/env bash
# autorank 1.3.0, scipy 1.17.1, pandas 3.1.1, statsmodels 0.15.0, numpy 2.4.6, Python 3.11.
# autorank tells by which of several networks the scores of several data sets or seeds are best, and how far.
# order="descending", its default, is for scores of which larger ones are better, "ascending" for distances.
# Its tests of ranks and of means sort the mean ranks in the order that was asked for the scores: descending,
# so that the largest rank, the worst network, comes first. All effect sizes, which are said to be in
# comparison to the highest mean and which latex_table heads "(best)", compare with that one. Both orders
# give one and the same table, but for the ranks. approach="bayesian" sorts by the scores, and there the best
# is first. No warning; minus the scores with order="ascending" is right.
# Output (the networks in the order of the table, and the effect size of each, d of Cohen):
#   scores, descending, repeated ANOVA        worst  0.00  middle -2.20  best -4.75
#   scores, descending, Friedman              worst  0.00  middle -2.20  best -4.75
#   scores, descending, two networks          worst  0.00  best -4.75
#   scores, descending, Bayesian              best  0.00  middle  2.61  worst  4.75
#   distances (-scores), ascending            best  0.00  middle -2.61  worst -4.75
#   scores, ascending                         worst  0.00  middle -2.20  best -4.75
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q autorank==1.3.0 scipy==1.17.1 pandas==3.1.1 statsmodels==0.15.0 \
  matplotlib==3.11.2 numpy==2.4.6
cat > look.py <<'PY'
import contextlib
import io

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
from autorank import autorank, latex_table

numbers = np.random.default_rng(0)
means = {"middle": 2, "worst": 1, "best": 3}
scores = pd.DataFrame({name: numbers.normal(mean, 0.5, 20) for name, mean in means.items()})


def look(name, data, order, first, **more):
    with contextlib.redirect_stdout(io.StringIO()):  # It prints its table.
        result = autorank(data, order=order, **more)
    table = result.rankdf
    sizes = "  ".join(f"{row} {size:5.2f}" for row, size in table["effect_size"].items())
    print(f"{name:<42}{sizes}")
    with contextlib.redirect_stdout(io.StringIO()) as text:
        latex_table(result, effect_size_relation="both")
    assert "(best)" in text.getvalue(), "the behaviour has changed"
    assert table.index[0] == first, "the behaviour has changed"


more = {"force_mode": "nonparametric", "effect_size": "cohen_d"}
look("scores, descending, repeated ANOVA", scores, "descending", "worst")
look("scores, descending, Friedman", scores, "descending", "worst", **more)
look("scores, descending, two networks", scores[["worst", "best"]], "descending", "worst")
bayes = {"approach": "bayesian", "nsamples": 500, "random_state": 0}
look("scores, descending, Bayesian", scores, "descending", "best", **bayes)
look("distances (-scores), ascending", -scores, "ascending", "best")
look("scores, ascending", scores, "ascending", "worst")
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
