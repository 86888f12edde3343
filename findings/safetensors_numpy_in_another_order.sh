#!/usr/bin/env bash
# safetensors 0.8.0, torch 2.14.1, pandas 3.1.1, numpy 2.4.6, Python 3.11.
# save and save_file of safetensors.numpy write the memory of an array as it lies, beside the array's shape, and
# do not look in which order the numbers lie. An array that was transposed, or that pandas made of a table,
# lies by columns: the file is a valid one of the right shape and type, whose numbers are in other places.
# Weights that were brought from another library by .T, and features of a table, are garbled for whoever reads
# the file. The documentation asks for contiguous arrays; safetensors.torch, which asks for the same, refuses
# others. Here there is no warning; numpy.ascontiguousarray(array) is right.
# Output (an array, what is read from its file, and what safetensors.torch does with the same):
#   as it was made         [[0, 1, 2], [3, 4, 5]]   read [[0, 1, 2], [3, 4, 5]]   of torch: saved
#   of a table             [[0, 1, 2], [3, 4, 5]]   read [[0, 3, 1], [4, 2, 5]]   of torch: refused
#   transposed             [[0, 3], [1, 4], [2, 5]] read [[0, 1], [2, 3], [4, 5]] of torch: refused
#   transposed and copied  [[0, 3], [1, 4], [2, 5]] read [[0, 3], [1, 4], [2, 5]] of torch: saved
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q safetensors==0.8.0 torch==2.14.1 pandas==3.1.1 numpy==2.4.6
cat > look.py <<'PY'
import numpy as np
import pandas as pd
import torch
from safetensors import numpy as of_numpy
from safetensors import torch as of_torch

features = np.arange(6).reshape(2, 3)
table = pd.DataFrame({"seed": [0, 3], "step": [1, 4], "size": [2, 5]}).to_numpy()
seen = []
for name, array in (
    ("as it was made", features),
    ("of a table", table),
    ("transposed", features.T),
    ("transposed and copied", features.T.copy()),
):
    of_numpy.save_file({"array": array}, "array.safetensors")
    read = of_numpy.load_file("array.safetensors")["array"]
    try:
        of_torch.save({"array": torch.from_numpy(np.array(array, order="K"))})
        twin = "saved"
    except ValueError:
        twin = "refused"
    seen.append((np.array_equal(array, read), twin))
    print(f"{name:<22} {array.tolist()!s:<24} read {read.tolist()!s:<24} of torch: {twin}")
right, wrong = (True, "saved"), (False, "refused")
assert seen == [right, wrong, wrong, right], "the behaviour has changed"
PY
environment/bin/python look.py
