#!/usr/bin/env bash
# hyppo 0.5.2, scikit-learn 1.9.1, scipy 1.17.1, numba 0.68.1, statsmodels 0.15.0, numpy 2.4.6, Python 3.11.
# MMD of hyppo tests by a kernel whether two sets, such as the features of real and of generated images,
# differ in distribution. With bias=True it takes the statistic that most papers write down, in which each
# sample is also compared with itself. From 21 samples on it does not permute them unless auto=False is
# given, but takes a chi-squared law, which holds for the unbiased statistic alone. Any two sets then differ,
# also two halves of one: p is below 0.05 each time, and the smaller the more features there are.
# KSample("hsic") and Hsic, the test of independence, do the same. No warning; auto=False is right, and so is
# Energy, which permutes by itself if bias=True.
# Output (100 pairs of sets of one distribution; how many are said to differ, p < 0.05, and the median p):
#                                  8 features            100 features
#   MMD                                4  0.53                 4  0.40
#   MMD, bias=True                   100  5e-05              100  5e-07
#   MMD, bias=True, auto=False         5  0.62                 4  0.56
#   KSample hsic, bias=True          100  5e-05              100  5e-07
#   Energy, bias=True                  6  0.61                 4  0.56
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hyppo==0.5.2 scikit-learn==1.9.1 scipy==1.17.1 numba==0.68.1 \
  statsmodels==0.15.0 pandas==3.1.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import numpy as np
from hyppo.ksample import MMD, Energy, KSample

warnings.filterwarnings("ignore", message="The number of replications is low")
TESTS = {
    "MMD": (lambda x, y: MMD().test(x, y), 0, 20),
    "MMD, bias=True": (lambda x, y: MMD(bias=True).test(x, y), 100, 100),
    "MMD, bias=True, auto=False": (
        lambda x, y: MMD(bias=True).test(x, y, auto=False, reps=100),
        0,
        20,
    ),
    "KSample hsic, bias=True": (lambda x, y: KSample("hsic", bias=True).test(x, y), 100, 100),
    "Energy, bias=True": (lambda x, y: Energy(bias=True).test(x, y, reps=100), 0, 20),
}
print(f"{'':<28}{'8 features':>15}{'100 features':>24}")
for name, (test, least, most) in TESTS.items():
    np.random.seed(0)  # An argument random_state does not reach the permutations of Hsic and MMD.
    line = f"{name:<28}"
    for features in (8, 100):
        numbers = np.random.default_rng(features)
        found = [test(*numbers.normal(size=(2, 40, features)))[1] for _ in range(100)]
        low, middle = sum(p < 0.05 for p in found), np.median(found)
        line += f"{low:>8}  {middle:<5.{'2f' if middle > 0.01 else '0e'}}         "
        assert least <= low <= most, "the behaviour has changed"
    print(line.rstrip())
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
