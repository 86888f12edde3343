#!/usr/bin/env bash
# pandas 3.1.1, numpy 2.4.6, Python 3.11.
# pandas counts an infinite number as a number: the mean and the maximum of a loss that was once infinite are
# infinite, and so is cummax. Windows do not: rolling, expanding and ewm, by which curves are smoothed, first
# make a gap of each infinity, as if the value had never been logged. The largest loss so far is then the
# largest finite one, the smoothed curve of a run that overflowed is that of a healthy run, and a function of
# one's own, by apply, gets NaN in its place, while count counts it. No warning. polars, whose windows have
# the same names, keeps the infinity.
# Output (a loss of 2 0.9 inf inf 0.7 0.6 0.5):
#   max and mean                     inf  inf
#   cummax                           2.0  2.0  inf  inf  inf  inf  inf
#   expanding().max()                2.0  2.0  2.0  2.0  2.0  2.0  2.0
#   expanding().count()              1.0  2.0  3.0  4.0  5.0  6.0  7.0
#   rolling(3, min_periods=1).max()  2.0  2.0  2.0  0.9  0.7  0.7  0.7
#   ewm(alpha=0.5).mean()            2.0  1.3  1.3  1.3  0.8  0.7  0.6
#   polars, rolling_max(3)           2.0  2.0  inf  inf  inf  inf  0.7
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pandas==3.1.1 numpy==2.4.6 polars==2.1.0
cat > look.py <<'PY'
import numpy as np
import pandas as pd
import polars as pl

loss = [2.0, 0.9, np.inf, np.inf, 0.7, 0.6, 0.5]
curve = pd.Series(loss)
seen = {
    "max and mean": [curve.max(), curve.mean()],
    "cummax": curve.cummax(),
    "expanding().max()": curve.expanding().max(),
    "expanding().count()": curve.expanding().count(),
    "rolling(3, min_periods=1).max()": curve.rolling(3, min_periods=1).max(),
    "ewm(alpha=0.5).mean()": curve.ewm(alpha=0.5).mean(),
    "polars, rolling_max(3)": pl.Series(loss).rolling_max(3, min_samples=1),
}
for name, values in seen.items():
    print(f"{name:<33}" + "  ".join(f"{value:.1f}" for value in values))
    infinite = bool(np.isinf(np.asarray(values)).any())
    assert infinite == name.startswith(("max", "cummax", "polars")), "the behaviour has changed"
given = []
curve.rolling(1, min_periods=0).apply(lambda window: given.append(window[0]) or 0.0, raw=True)
assert np.isnan(given[2]) and np.isnan(given[3]), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
