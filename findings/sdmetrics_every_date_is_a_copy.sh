#!/usr/bin/env bash
# sdmetrics 0.32.0, pandas 2.3.3, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# NewRowSynthesis of sdmetrics is the share of the rows of a synthetic table that are in no row of the real
# one. Numbers count as equal within one hundredth: of the number itself, and not of what the column spans.
# Where zero is then decides what is a copy. Temperatures in Kelvin are all within 1 % of one another, and
# dates, which are counted from 1970, within half a year: each row of a table of dates is a copy, also of
# dates that the real table does not have. A generator that copies nothing has the score of one that copies
# everything. No warning; columns that were scaled to [0, 1] before have a score that means something.
# Output (500 synthetic rows, drawn anew; share of new rows: of the table, and of the same scaled to [0, 1]):
#                                               table  scaled
#   two temperatures in Celsius                  0.97    0.85
#   the same in Kelvin                           0.01    0.91
#   two dates of 2025                            0.00    0.95
#   the same, synthetic ones of spring 2026      0.00    1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q sdmetrics==0.32.0 pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import pandas as pd
from sdmetrics.single_table import NewRowSynthesis

random = np.random.default_rng(0)
rows = 500


def temperatures(zero):
    return pd.DataFrame({"day": random.normal(20, 8, rows) + zero, "night": random.normal(5, 8, rows) + zero})


def dates(first, days):
    later = {column: pd.to_timedelta(random.uniform(0, days, rows), unit="D") for column in ("begin", "end")}
    return pd.DataFrame({column: pd.to_datetime(first) + value for column, value in later.items()})


def new(real, synthetic, kind):
    metadata = {"columns": {column: {"sdtype": kind} for column in real}}
    return NewRowSynthesis.compute(real.copy(), synthetic.copy(), metadata)


tables = (
    ("two temperatures in Celsius", temperatures(0), temperatures(0)),
    ("the same in Kelvin", temperatures(273.15), temperatures(273.15)),
    ("two dates of 2025", dates("2025-01-01", 365), dates("2025-01-01", 365)),
    ("the same, synthetic ones of spring 2026", dates("2025-01-01", 365), dates("2026-01-01", 90)),
)
seen = []
print(f"{'':43} table  scaled")
for name, real, synthetic in tables:
    is_date = "begin" in real
    score = new(real, synthetic, "datetime" if is_date else "numerical")
    real, synthetic = (table.astype("int64" if is_date else float) for table in (real, synthetic))
    low, high = real.min(), real.max()
    scaled = new((real - low) / (high - low), (synthetic - low) / (high - low), "numerical")
    print(f"{name:43} {score:5.2f} {scaled:7.2f}")
    seen.append((score, scaled))
assert seen[0][0] > 0.9 and max(score for score, _ in seen[1:]) < 0.05, "the behaviour has changed"
assert min(scaled for _, scaled in seen) > 0.8, "the behaviour has changed"
PY
environment/bin/python look.py 2> errors || { cat errors; exit 1; }
