#!/usr/bin/env bash
# table-evaluator 1.9.0, pandas 2.2.2, scipy 1.12.0, numpy 1.26.4, Python 3.11.
# row_distance of table-evaluator is how far the rows of a real and of a synthetic table are apart, and stands
# in its report of how near the one is to the other. Before it measures, it takes the mean of each column away
# and divides by its deviation, of the real table by the real ones and of the synthetic by its own. A
# generator that is off by a thousand in every value, or a hundred times too narrow, is at the distance of a
# perfect one, and the real table in other units is at no distance at all, as if it had been copied. No
# warning; the same scale for both tells them apart.
# Output (500 rows of four normal columns; mean distance of the real rows to the nearest synthetic one):
#                                             row_distance   one scale for both
#   new rows of the same distribution                 0.55                 0.55
#   the same, a hundred times too narrow              0.56                 1.85
#   the same, a thousand too large                    0.55              2001.94
#   the real rows in other units                      0.00              1999.03
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q table-evaluator==1.9.0
cat > look.py <<'PY'
import contextlib
import io

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

with contextlib.redirect_stdout(io.StringIO()):
    from table_evaluator import TableEvaluator

random = np.random.default_rng(0)


def normal(deviation=1, mean=0):
    return pd.DataFrame(mean + deviation * random.normal(size=(500, 4)), columns=list("abcd"))


real = normal()
synthetic = {
    "new rows of the same distribution": normal(),
    "the same, a hundred times too narrow": normal(0.01),
    "the same, a thousand too large": normal(1, 1000),
    "the real rows in other units": 1.8 * real + 1000,
}
seen = []
print(f"{'':41} row_distance   one scale for both")
for name, table in synthetic.items():
    distance = TableEvaluator(real, table).row_distance()[0]
    mean, deviation = real.mean(), real.std()
    exact = cdist((real - mean) / deviation, (table - mean) / deviation).min(axis=1).mean()
    print(f"{name:41} {distance:12.2f} {exact:20.2f}")
    seen.append((distance, exact))
assert max(distance for distance, _ in seen) < 0.6 and seen[3][0] < 0.001, "the behaviour has changed"
assert min(exact for _, exact in seen[1:]) > 1, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
