#!/usr/bin/env bash
# deepsig 1.2.8, statsmodels 0.15.0, scipy 1.17.1, pandas 3.1.1, joblib 1.6.0, numpy 2.4.6, Python 3.11.
# bonferroni_correction of deepsig takes the p-values of several tests and is to give them back, corrected, in
# the order in which they came. It sorts them, corrects them, and to undo the sorting it sorts once more. From
# three values on the corrected ones then belong to other tests: of three networks that were compared with a
# baseline, the one that was significant by far is said not to be, and another one is. Of 10 values four in
# five are in another place. Corrected values may also be smaller than the p-value itself. No warning; two
# values, and values that are sorted already, are right, and so is multipletests of statsmodels (method holm).
# Output (p-values of three tests as they were given, and corrected):
#   given          0.030  0.040  0.001
#   deepsig        0.040  0.003  0.060
#   statsmodels    0.060  0.060  0.003
#   10,000 lists of 10 values: 80% are those of another test, 4% are smaller than before
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q deepsig==1.2.8 statsmodels==0.15.0 scipy==1.17.1 pandas==3.1.1 \
  joblib==1.6.0 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from deepsig import bonferroni_correction
from statsmodels.stats.multitest import multipletests

given = np.array([0.03, 0.04, 0.001])
seen, right = bonferroni_correction(given), multipletests(given, method="holm")[1]
for name, values in (("given", given), ("deepsig", seen), ("statsmodels", right)):
    print(f"{name:<13}", *(f"{value:6.3f}" for value in values))
assert np.allclose(right, [0.06, 0.06, 0.003]), "the behaviour has changed"
assert np.allclose(seen, [0.04, 0.003, 0.06]), "the behaviour has changed"

numbers = np.random.default_rng(0)
other = smaller = 0
for _ in range(10_000):
    given = numbers.random(10) * 0.05
    seen = bonferroni_correction(given)
    # The same numbers where they belong: the smallest of n values times n, the next times n - 1 and so on.
    order = given.argsort()
    right = np.empty(10)
    right[order] = given[order] * np.arange(10, 0, -1)
    assert np.allclose(np.sort(seen), np.sort(right)), "the behaviour has changed"
    other += np.mean(~np.isclose(seen, right))
    smaller += np.mean(seen < given)
print(
    f"10,000 lists of 10 values: {other / 1e4:.0%} are those of another test, "
    f"{smaller / 1e4:.0%} are smaller than before"
)
assert other > 7_000 and smaller > 300, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
