"""Says whether two runs came to the same update and bits: `python same.py RUN RUN`."""

import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


one, other = (
    torch.load(Path(run, "checkpoints", "last.ckpt"), weights_only=True) for run in sys.argv[1:]
)
parts = ("global_step", "state_dict", "optimizer_states")
sys.exit(not all(same(one[part], other[part]) for part in parts))
