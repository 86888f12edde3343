#!/usr/bin/env bash
# vendi-score 0.0.3, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# The Vendi score counts the different things among samples; of an order q below 1 rare ones weigh more, above
# 1 less. score_X has an argument q, as score_dual and score_K have, and does not use it: each order is order
# 1. score_X is the one for more features than samples and score_dual the one for more samples, so that the
# numbers of a program that chooses between them jump. Of two generators, one of which drops all rare modes
# and one that evens them out, the order q tells which; score_X does not. No warning; score_K is right.
# Output (1,000 samples, 900 of which are of one mode and 100 of 19 others):
#   q             0.5     1     2   inf
#   score_X      1.82  1.82  1.82  1.82
#   score_dual   5.16  1.82  1.23  1.11
#   score_K      5.16  1.82  1.23  1.11
#   exact        5.16  1.82  1.23  1.11
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q vendi-score==0.0.3 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
from vendi_score import vendi

modes = np.random.default_rng(0).normal(size=(20, 64))
modes /= np.linalg.norm(modes, axis=1, keepdims=True)
counts = np.array([900] + [6] * 5 + [5] * 14)
samples = np.repeat(modes, counts, axis=0)
ORDERS = 0.5, 1, 2, "inf"


def exact(q):
    """From the eigenvalues of the 20 modes, which are all that are not 0."""
    weighted = modes * np.sqrt(counts / counts.sum())[:, None]
    values = np.linalg.eigvalsh(weighted @ weighted.T)
    if q == 1:
        return np.exp(-(values * np.log(values)).sum())
    return 1 / values.max() if q == "inf" else (values**q).sum() ** (1 / (1 - q))


print(f"{'q':<11}", *(f"{q:>5}" for q in ORDERS))
seen = {}
for name, function in (
    ("score_X", lambda q: vendi.score_X(samples, q=q)),
    ("score_dual", lambda q: vendi.score_dual(samples, q=q)),
    ("score_K", lambda q: vendi.score_K(samples @ samples.T, q=q)),
    ("exact", exact),
):
    seen[name] = np.array([function(q) for q in ORDERS])
    print(f"{name:<11}", *(f"{value:5.2f}" for value in seen[name]))
assert np.ptp(seen["score_X"]) == 0, "the behaviour has changed"
for name in ("score_dual", "score_K"):
    assert np.allclose(seen[name], seen["exact"], rtol=1e-4), "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
