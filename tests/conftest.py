"""Tests train networks so small that a second thread costs more than it gives."""

import os

import pytest
import torch

os.environ["OMP_NUM_THREADS"] = "1"  # the commands that tests start
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seed() -> None:
    """What a test draws is the same in any order of the tests."""
    torch.manual_seed(0)
