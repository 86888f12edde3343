#!/usr/bin/env bash
# scikit-posthocs 0.17.1, statsmodels 0.15.0, scipy 1.17.1, pandas 3.1.1, numpy 2.4.6, Python 3.11.
# posthoc_mannwhitney of scikit-posthocs gives a table of p-values, a row and a column for each network. With
# alternative="greater" or "less" it tests each pair once, in alphabetical order, and writes the p-value to both
# places: that ours is greater than base has the p of base being greater than ours. What the table says of a
# network depends on its name. test_osrt, documented as a one-sided test against an order of the means, takes
# absolute differences: means that fall are as sure a sign that they rise. No warning.
# Output (ours is better by 0.4 standard deviations; 30 seeds each):
#                             ours, base   base, ours   scipy, ours > base
#   named "base" and "ours"       0.9985       0.9985               0.0016
#   named "zero" and "ours"       0.0016       0.0016               0.0016
#   test_osrt, means 0, 0.5, 1: p 7e-03, means 1, 0.5, 0: p 7e-03
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q scikit-posthocs==0.17.1 statsmodels==0.15.0 scipy==1.17.1 pandas==3.1.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import pandas as pd
import scikit_posthocs
from scipy import stats

random = np.random.default_rng(0)
base, ours = random.normal(0, 1, 30), random.normal(0.4, 1, 30)
wanted = stats.mannwhitneyu(ours, base, alternative="greater").pvalue
print("                          ours, base   base, ours   scipy, ours > base")
seen = []
for name in ("base", "zero"):
    scores = pd.DataFrame({"score": np.concatenate([base, ours]), "network": [name] * 30 + ["ours"] * 30})
    table = scikit_posthocs.posthoc_mannwhitney(scores, "score", "network", alternative="greater")
    seen.append((table.loc["ours", name], table.loc[name, "ours"]))
    title = f'named "{name}" and "ours"'
    print(f"{title:<25} {seen[-1][0]:10.4f}   {seen[-1][1]:10.4f}   {wanted:18.4f}")
rising = [random.normal(mean, 1, 30) for mean in (0, 0.5, 1)]
up, down = (scikit_posthocs.test_osrt(groups)[0] for groups in (rising, rising[::-1]))
print(f"test_osrt, means 0, 0.5, 1: p {up:.0e}, means 1, 0.5, 0: p {down:.0e}")
assert all(one == other for one, other in seen) and wanted < 0.01, "the behaviour has changed"
assert seen[0][0] > 0.99 and seen[1][0] < 0.01, "the behaviour has changed"
assert up == down < 0.01, "the behaviour has changed"
PY
environment/bin/python look.py
