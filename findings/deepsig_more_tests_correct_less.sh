#!/usr/bin/env bash
# deepsig 1.2.8 (deep-significance), scipy 1.17.1, pandas 3.1.1, joblib 1.6.0, numpy 2.4.6, Python 3.11.
# aso of deepsig says how far the scores of one network are better than those of another, and is to be told
# in num_comparisons how many such tests there are, so that chance findings are held down (Bonferroni: the
# level of 5 % is divided by their number). It adds that share of 5 % to the confidence instead of taking the
# rest away. Two tests are right; with more of them the correction becomes smaller, not larger: 100 tests are
# judged as if each were the only one. For a single test, which is what multi_aso makes of two networks, the
# confidence is 100 %: its answer is 1, not better, for any difference, or NaN if all scores are apart. No
# warning in the other cases; confidence_level=1 - 0.05 / number, without num_comparisons and with
# use_bonferroni=False, is right.
# Output (bounds of the violation ratio; a network counts as better below 0.5 or, stricter, 0.2):
#   number of tests                    1     2     5    10   100
#   num_comparisons                0.387 0.456 0.410 0.398 0.388
#   confidence_level               0.387 0.456 0.537 0.592 0.750
#   multi_aso of two networks      1.000 and 1.000
#   the same, not corrected        0.000 and 1.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q deepsig==1.2.8 scipy==1.17.1 pandas==3.1.1 joblib==1.6.0 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from deepsig import aso, multi_aso

numbers = np.random.default_rng(2)
ours, theirs = numbers.normal(0.4, 1, 20), numbers.normal(0, 1, 20)
TESTS = 1, 2, 5, 10, 100
usual = {"seed": 1, "show_progress": False, "num_bootstrap_iterations": 300}

told = [aso(ours, theirs, num_comparisons=tests, **usual) for tests in TESTS]
exact = [aso(ours, theirs, confidence_level=1 - 0.05 / tests, **usual) for tests in TESTS]
print(f"{'number of tests':<30}", *(f"{tests:5}" for tests in TESTS))
print(f"{'num_comparisons':<30}", *(f"{value:.3f}" for value in told))
print(f"{'confidence_level':<30}", *(f"{value:.3f}" for value in exact))
assert np.all(np.diff(told[1:]) < 0) and np.all(np.diff(exact) > 0), "the behaviour has changed"
assert abs(told[-1] - told[0]) < 0.002 and exact[-1] > exact[0] + 0.3, "the behaviour has changed"

two = {"better": numbers.normal(1.5, 1, 20), "worse": theirs}
corrected = multi_aso(two, **usual)
plain = multi_aso(two, use_bonferroni=False, **usual)
print(f"multi_aso of two networks      {corrected[0, 1]:.3f} and {corrected[1, 0]:.3f}")
print(f"the same, not corrected        {plain[0, 1]:.3f} and {plain[1, 0]:.3f}")
assert corrected[0, 1] == corrected[1, 0] == 1 and plain[0, 1] < 0.05, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
