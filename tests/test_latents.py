import math

import pytest
import torch

from forger import latents
from forger.errors import ForgerError
from forger.latents import Codes, Normal, Prior, Truncated

PRIORS: list[Prior] = ["normal", "uniform"]


@pytest.mark.parametrize("prior", PRIORS)
def test_every_prior_has_mean_0_and_variance_1_in_each_coordinate(prior: Prior) -> None:
    z = latents.sample_prior(prior, 100_000, 3, generator=torch.Generator().manual_seed(0))
    assert z.dtype == torch.float32
    torch.testing.assert_close(z.mean(0), torch.zeros(3), rtol=0, atol=0.02)
    torch.testing.assert_close(z.var(0), torch.ones(3), rtol=0, atol=0.02)


def test_uniform_fills_its_interval_evenly_and_no_more() -> None:
    z = latents.sample_prior("uniform", 100_000, 1, generator=torch.Generator().manual_seed(0))
    root = math.sqrt(3)
    assert -root <= z.min() < -0.99 * root
    assert 0.99 * root < z.max() <= root
    counts = torch.histc(z, bins=4, min=-root, max=root)
    torch.testing.assert_close(counts, torch.full((4,), 25_000.0), rtol=0.03, atol=0)


def test_normal_has_the_tails_that_uniform_lacks() -> None:
    z = latents.sample_prior("normal", 100_000, 1, generator=torch.Generator().manual_seed(0))
    assert (z.abs() < 1).float().mean().item() == pytest.approx(0.6827, abs=0.01)
    assert (z.abs() < 2).float().mean().item() == pytest.approx(0.9545, abs=0.01)


@pytest.mark.parametrize("prior", PRIORS)
def test_latent_i_of_a_seed_is_the_same_in_any_number(prior: Prior) -> None:
    many = latents.sample_prior_by_index(prior, 20, 5, seed=3)
    assert torch.equal(latents.sample_prior_by_index(prior, 7, 5, seed=3), many[:7])
    assert many.shape == (20, 5)
    assert len(many.unique(dim=0)) == 20


def test_another_seed_gives_other_latents() -> None:
    one, other = (latents.sample_prior_by_index("normal", 20, 5, seed) for seed in (0, 1))
    assert not (one[:, None] == other[None]).all(2).any()


def test_numbered_latents_leave_the_global_random_state_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    latents.sample_prior_by_index("normal", 3, 2, seed=9)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("prior", PRIORS)
def test_numbered_latents_are_distributed_like_the_prior(prior: Prior) -> None:
    z = latents.sample_prior_by_index(prior, 20_000, 2, seed=0)
    torch.testing.assert_close(z.mean(0), torch.zeros(2), rtol=0, atol=0.04)
    torch.testing.assert_close(z.var(0), torch.ones(2), rtol=0, atol=0.04)


def test_codes_are_one_hot_then_uniform_then_noise() -> None:
    prior = Codes([3, 2], continuous=1, noise="normal")
    z = latents.sample_prior(prior, 2000, 10, generator=torch.Generator().manual_seed(0))
    assert z.shape == (2000, 10)
    for codes in (z[:, :3], z[:, 3:5]):
        assert torch.equal(codes.sum(1), torch.ones(2000))
        assert codes.mean(0).min() > 0.8 / codes.shape[1]
    assert z[:, 5].abs().max() <= 1
    assert z[:, 6:].std() == pytest.approx(1, abs=0.05)


def test_a_truncated_prior_is_the_normal_one_within_its_bound() -> None:
    z = Truncated(0.7)(20000, 1, generator=torch.Generator().manual_seed(0))
    free = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    assert z.abs().max() <= 0.7
    assert z.std() == pytest.approx(free[free.abs() <= 0.7].std().item(), rel=0.02)


def test_codes_take_noise_of_any_prior() -> None:
    draws = torch.Generator().manual_seed(0)
    z = Codes([2], continuous=0, noise=Normal(0.1))(5000, 6, generator=draws)
    assert z[:, 2:].std() == pytest.approx(0.1, rel=0.02)
    assert Codes([2], continuous=0, noise=Truncated(0.5))(500, 6)[:, 2:].abs().max() <= 0.5


@pytest.mark.parametrize("codes", [([10**12], 0), ([2, 2], 1), ([2], 10**12)])
def test_codes_that_do_not_fit_into_a_latent_vector_are_refused_before_they_are_drawn(
    codes: tuple[list[int], int],
) -> None:
    prior = Codes(*codes, noise="normal")
    with pytest.raises(ForgerError, match=r"model.latent_dim \(=4\) must be at least \d+, the num"):
        prior(1, 4)
