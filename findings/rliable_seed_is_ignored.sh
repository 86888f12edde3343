#!/usr/bin/env bash
# rliable 1.2.0, arch 7.2.0, pandas 2.3.3, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# rliable gives confidence intervals of the scores of several methods over a few seeds, by drawing runs again
# and again. random_state is documented to make them reproducible. It is handed on and never used: the runs
# are drawn by numpy's global generator, so that each call gives other intervals with the same RandomState. It
# also draws from a stream that others share: whatever the program draws from it afterwards changes with the
# number of repetitions. No warning; np.random.seed before each call fixes the intervals.
# Output (interquartile mean of 5 seeds and 8 tasks, 95 %, 2,000 repetitions; other numbers in each run):
#   random_state=RandomState(0)   [-0.301, 0.167]  [-0.302, 0.169]  [-0.322, 0.157]   equal: False
#   np.random.seed(0) before      [-0.325, 0.160]  [-0.325, 0.160]  [-0.325, 0.160]   equal: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q rliable==1.2.0 arch==7.2.0 pandas==2.3.3 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from rliable import library, metrics

scores = {"method": np.random.default_rng(0).normal(size=(5, 8))}


def mean(runs):
    return np.array([metrics.aggregate_iqm(runs)])


def interval(state):
    if state is None:
        np.random.seed(0)
    _, intervals = library.get_interval_estimates(scores, mean, reps=2000, random_state=state)
    return [float(end) for end in intervals["method"].ravel()]


kinds = ("random_state=RandomState(0)", np.random.RandomState), ("np.random.seed(0) before", None)
for name, made in kinds:
    seen = [interval(made(0) if made else None) for _ in range(3)]
    equal = seen[0] == seen[1] == seen[2]
    print(f"{name:29}", "  ".join(f"[{low:.3f}, {high:.3f}]" for low, high in seen), f"  equal: {equal}")
    assert equal == (made is None), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
