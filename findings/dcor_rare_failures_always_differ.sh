#!/usr/bin/env bash
# dcor 0.7, numba 0.68.1, scipy 1.17.1, joblib 1.6.0, numpy 2.4.6, Python 3.11.
# energy_test of dcor tests by permutations whether two samples differ in distribution. The p-value is the part
# of the permutations whose statistic is at least that of the data; dcor counts those alone that are above it.
# Values that repeat, such as failed runs, counts, ranks and rounded scores, give many permutations of the same
# statistic, and none of them is counted. The rarer a failure is, the surer two equal methods differ: of one
# failure among 20 runs p is 0.01, of none at all as well. num_resamples is 0 unless it is given, and then p is
# 1, whatever the samples are. No warning; scipy's permutation_test, by the statistic of dcor, counts them.
# Output (10 runs of each method; p-values by 99 permutations):
#                                                     dcor   scipy
#   no failure, and none                              0.01    1.00
#   no failure, and one                               0.01    1.00
#   both fail once in 20 runs, p < 0.05 of 40 pairs     37       0
#   both fail once in 10 runs, p < 0.05 of 40 pairs     22       0
#   0 and 9 everywhere, num_resamples not given       1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q dcor==0.7 numba==0.68.1 scipy==1.17.1 joblib==1.6.0 numpy==2.4.6
cat > look.py <<'PY'
import dcor
import numpy as np
from scipy import stats

random = np.random.default_rng(0)


def by_dcor(first, second):
    return dcor.homogeneity.energy_test(first, second, num_resamples=99, random_state=0).pvalue


def by_scipy(first, second):
    arguments = {"vectorized": False, "n_resamples": 99, "alternative": "greater", "rng": 0}
    return stats.permutation_test((first, second), dcor.energy_distance, **arguments).pvalue


TESTS = (by_dcor, by_scipy)
none, one = np.zeros(10), np.eye(10)[0]
print(f"{'':<47} {'dcor':>6} {'scipy':>7}")
seen = {}
for name, other in (("none", none), ("one", one)):
    seen[name] = [float(test(none, other)) for test in TESTS]
    print(f"{f'no failure, and {name}':<47} {seen[name][0]:6.2f} {seen[name][1]:7.2f}")
for runs in (20, 10):
    pairs = [(random.random((2, 10)) < 1 / runs).astype(float) for _ in range(40)]
    seen[runs] = [sum(test(*pair) < 0.05 for pair in pairs) for test in TESTS]
    name = f"both fail once in {runs} runs, p < 0.05 of 40 pairs"
    print(f"{name:<47} {seen[runs][0]:6} {seen[runs][1]:7}")
default = dcor.homogeneity.energy_test(none, none + 9).pvalue
print(f"{'0 and 9 everywhere, num_resamples not given':<47} {default:6.2f}")
assert seen["none"] == seen["one"] == [0.01, 1.0] and default == 1.0, "the behaviour has changed"
assert seen[20][0] > 25 and seen[10][0] > 8 and max(seen[20][1], seen[10][1]) < 6, "the behaviour has changed"
PY
environment/bin/python look.py
