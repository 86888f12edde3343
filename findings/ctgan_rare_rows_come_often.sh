#!/usr/bin/env bash
# ctgan 0.12.1, rdt 2.0.0, pandas 2.3.3, torch 2.14.1, numpy 2.4.6, Python 3.11.
# CTGAN is trained on rare categories of a table more often than they occur, by the logarithm of their number,
# so that it learns them, and is to sample by their true frequency: so says the method that draws the
# conditions for sampling. With log_frequency=True, the default, the method draws them by the logarithm as
# well. Of a category that 2 % of the rows have, a quarter of the samples are: a class, a fraud or an illness
# is more than ten times as frequent as in the data, and with it all that depends on it. No warning;
# log_frequency=False is right, for training and for sampling.
# Output (490 rows, of which 10 are rare; percent of rare ones):
#                          table  conditions of sample()  samples
#   log_frequency=True         2               28              29
#   log_frequency=False        2                2               2
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
table = pd.DataFrame({"kind": ["rare"] * 10 + ["usual"] * 480})
seen = {}
print(f"{'':<22} table  conditions of sample()  samples")
for log_frequency in (True, False):
    torch.manual_seed(0)
    np.random.seed(0)
    model = CTGAN(
        epochs=200,
        batch_size=100,
        embedding_dim=16,
        generator_dim=(64, 64),
        discriminator_dim=(64, 64),
        log_frequency=log_frequency,
        enable_gpu=False,
    )
    model.fit(table, ["kind"])
    conditions = model._data_sampler.sample_original_condvec(10_000).mean(axis=0).min()
    shares = [(rows["kind"] == "rare").mean() for rows in (table, model.sample(5000))]
    seen[log_frequency] = [100 * share for share in (shares[0], conditions, shares[1])]
    real, asked, made = seen[log_frequency]
    print(f"log_frequency={log_frequency!s:<8} {real:5.0f} {asked:16.0f} {made:15.0f}")
assert seen[True][1] > 20 and seen[True][2] > 10, "the behaviour has changed"
assert seen[False][1] < 4 and seen[False][2] < 6, "log_frequency=False has changed"
PY
environment/bin/python look.py
