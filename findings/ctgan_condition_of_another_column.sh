#!/usr/bin/env bash
# ctgan 0.12.1, rdt 2.0.0, pandas 2.3.3, torch 2.14.1, numpy 2.4.6, Python 3.11.
# sample of CTGAN takes a condition_column and a condition_value, which is to make the value more frequent
# among the samples, as for more examples of a class. It looks up where the conditions of the column begin in
# a table that is filled with zeros and never with anything else: the value of any column is taken for the
# value of the first one that has its number. Asked for cones, it makes green things, both being the second
# value of their column, and with the same seed they are the same rows to the last. Columns of more values
# than the first reach into those of the next. No warning; the first discrete column is right.
# Output (two discrete columns, in this order; samples of one seed):
#   rows that are equal    colour blue  colour green    colour red
#   shape cube              200 of 200    175 of 200    178 of 200
#   shape cone              175 of 200    200 of 200    176 of 200
#   shape ball              178 of 200    176 of 200    200 of 200
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q ctgan==0.12.1 rdt==2.0.0 pandas==2.3.3 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import numpy as np
import pandas as pd
import torch

warnings.filterwarnings("ignore")
from ctgan import CTGAN

torch.set_num_threads(1)
torch.manual_seed(0)
np.random.seed(0)
random = np.random.default_rng(0)
columns = {"colour": ["red", "green", "blue"], "shape": ["ball", "cube", "cone"]}
table = pd.DataFrame({name: random.choice(values, 490) for name, values in columns.items()})
sizes = {"embedding_dim": 16, "generator_dim": (64, 64), "discriminator_dim": (64, 64)}
model = CTGAN(epochs=200, batch_size=100, enable_gpu=False, **sizes)
model.fit(table, ["colour", "shape"])


def sample(*condition):
    model.set_random_state(0)
    return model.sample(200, *condition)


seen = {}
colours, shapes = table["colour"].unique(), table["shape"].unique()
print(f"{'rows that are equal':<20}", *(f"{'colour ' + colour:>13}" for colour in colours))
for shape in shapes:
    made = sample("shape", shape)
    seen[shape] = [int((made == sample("colour", colour)).all(axis=1).sum()) for colour in colours]
    print(f"{'shape ' + shape:<20}", *(f"{count:>6} of 200" for count in seen[shape]))
assert all(max(counts) == 200 > min(counts) for counts in seen.values()), "the behaviour has changed"
PY
environment/bin/python look.py
