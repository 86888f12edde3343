"""Tests train networks so small that a second thread costs more than it gives."""

import os
from pathlib import Path

import pytest
import torch

from left import leave_sweep

os.environ["OMP_NUM_THREADS"] = "1"  # the commands that tests start
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seed() -> None:
    """What a test draws is the same in any order of the tests."""
    torch.manual_seed(0)


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Eight runs of two settings as they would have been left, see `leave_sweep`."""
    return leave_sweep(tmp_path / "sweep")
