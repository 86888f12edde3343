#!/usr/bin/env bash
# pandas 3.1.1, numpy 2.4.6, Python 3.11.
# to_json of pandas writes numbers with ten decimal places. Of an error of 1.2e-08 that leaves three digits,
# and of one below 5e-11 a zero. Below 1e-15 it takes another way and writes all digits: 3e-12 is 0 in the
# file and 3e-20 is 3e-20. Of p-values, likelihoods, rates or squared errors the larger ones are lost and the
# smaller ones kept, and their order is another one when they are read again. No warning; double_precision=15,
# the most that there is, keeps one digit or more of each, and to_csv and Python's json keep all.
# Output (six numbers, and what is read from the files; their places in the order of size):
#   number           1.23456e-08        3e-11        2e-12        3e-15        7e-16        3e-20
#   to_json             1.23e-08          0.0          0.0          0.0        7e-16        3e-20
#   the same, 15     1.23456e-08        3e-11        2e-12        3e-15        7e-16        3e-20
#   to_csv           1.23456e-08        3e-11        2e-12        3e-15        7e-16        3e-20
#   smallest first number [5, 4, 3, 2, 1, 0] to_json [1, 2, 3, 5, 4, 0]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pandas==3.1.1 numpy==2.4.6
cat > look.py <<'PY'
import io
import json

import pandas as pd

numbers = pd.Series([1.23456e-8, 3e-11, 2e-12, 3e-15, 7e-16, 3e-20])
kinds = {
    "number": json.dumps(numbers.tolist()),
    "to_json": numbers.to_json(orient="values"),
    "the same, 15": numbers.to_json(orient="values", double_precision=15),
    "to_csv": json.dumps(pd.read_csv(io.StringIO(numbers.to_csv(index=False))).iloc[:, 0].tolist()),
}
read = {name: json.loads(text) for name, text in kinds.items()}
for name, values in read.items():
    print(f"{name:14}", "".join(f"{value:>13}" for value in values))
order = {name: sorted(range(6), key=values.__getitem__) for name, values in read.items()}
print("smallest first", *(f"{name} {order[name]}" for name in ("number", "to_json")))
assert read["to_json"][1:4] == [0, 0, 0] and read["to_json"][5] == 3e-20, "the behaviour has changed"
assert read["to_csv"] == read["number"], "the behaviour has changed"
PY
environment/bin/python look.py
