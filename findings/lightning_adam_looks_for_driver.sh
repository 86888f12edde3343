#!/usr/bin/env bash
# pytorch-lightning 2.6.6, torch 2.14.1, Python 3.11, a machine without NVIDIA's driver.
# The import of pytorch_lightning sets PYTORCH_NVML_BASED_CUDA_CHECK=1. torch.optim.Adam.step asks which
# accelerator there is, and with this variable torch answers by trying to load libnvidia-ml.so.1, each time
# anew: every step of Adam searches the disk for a library of the GPU's driver, also in a loop that does not
# use Lightning. Without the variable no step does.
# Output:
#   before the import  0 of 10 steps look for the driver
#   after the import   10 of 10 steps look for the driver
#   variable removed   0 of 10 steps look for the driver
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-lightning==2.6.6 torch==2.14.1
cat > look.py <<'PY'
import ctypes
import os

import torch

opened = []


class Library(ctypes.CDLL):
    def __init__(self, name, *rest, **more):
        opened.append(str(name))
        super().__init__(name, *rest, **more)


ctypes.CDLL = Library


def count(when):
    """How many of ten steps of Adam try to load the library."""
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.Adam([weight], fused=True)
    weight.grad = torch.ones(1)
    opened.clear()
    for _ in range(10):
        optimizer.step()
    found = sum("nvidia-ml" in name for name in opened)
    print(f"{when:<18} {found} of 10 steps look for the driver")
    return found


seen = [count("before the import")]
import pytorch_lightning  # noqa: E402, F401

seen.append(count("after the import"))
del os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"]
seen.append(count("variable removed"))
assert seen == [0, 10, 0], "the behaviour has changed"
PY
environment/bin/python look.py
