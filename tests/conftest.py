import pytest
import torch


@pytest.fixture(autouse=True)
def _seed() -> None:
    """What a test draws is the same in every order of the tests."""
    torch.manual_seed(0)
