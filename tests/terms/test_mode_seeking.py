import pytest
import torch

from forger.terms.mode_seeking import ModeSeeking
from tiny import make_update


def test_mode_seeking_is_the_inverse_of_the_slope_of_a_linear_generator() -> None:
    z = torch.randn(6, 2)
    assert ModeSeeking(1.0).generator(make_update(z=z, fake=4 * z)) == pytest.approx(0.25, rel=1e-4)
