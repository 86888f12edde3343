import pytest
import torch

from forger.errors import ForgerError
from forger.samplers.langevin import Langevin, energy_slope
from known_densities import MEAN, STD, conditional_gan, known_gan


def test_the_slope_is_that_of_the_energy_of_the_data() -> None:
    # G(z) = z, so that E(z) = -log p_data(z) up to a constant.
    z = torch.randn(7, 1)
    torch.testing.assert_close(energy_slope(known_gan(), z, None, 3), (z - MEAN) / STD**2)


def test_walks_end_in_the_data_but_for_what_their_steps_add() -> None:
    step = 0.1
    x = Langevin(steps=60, step_size=step)(known_gan(), 2000, seed=0)
    assert x.mean().item() == pytest.approx(MEAN, abs=0.04)
    # The stationary variance of the discretised walk in a normal distribution.
    variance = STD**2 / (1 - step / (4 * STD**2))
    assert x.var().item() == pytest.approx(variance, rel=0.1)


def test_sample_i_is_the_same_in_any_number_and_of_its_class() -> None:
    sampler = Langevin(40, 0.1)
    few, many = (sampler(conditional_gan(), count, seed=7) for count in (6, 300))
    assert torch.equal(few, many[:6])
    means = many.unflatten(0, (-1, 3)).mean(0).squeeze(1)
    torch.testing.assert_close(means, torch.tensor([MEAN, MEAN + 1, MEAN + 2]), atol=0.2, rtol=0)


def test_it_is_for_the_normal_prior_and_positive_steps() -> None:
    with pytest.raises(ForgerError, match="needs the normal prior, not uniform"):
        Langevin(1, 0.1)(known_gan(prior="uniform"), 3, 0)
    with pytest.raises(ValueError, match=r"step_size \(=0\) must be positive"):
        Langevin(1, 0)
