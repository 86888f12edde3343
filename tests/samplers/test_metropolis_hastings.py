import pytest
import torch

from forger.samplers.metropolis_hastings import MetropolisHastings
from known_densities import MEAN, STD, conditional_gan, known_gan


def test_by_the_best_discriminator_chains_end_in_the_data() -> None:
    x = MetropolisHastings(steps=40)(known_gan(), 2000, seed=0)
    assert x.mean().item() == pytest.approx(MEAN, abs=0.05)
    assert x.std().item() == pytest.approx(STD, abs=0.04)


def test_a_chain_moves_where_the_ratio_is_larger_and_as_often_as_it_says_otherwise() -> None:
    # Two points: of a chain between them, the share at each is that of the data.
    one = known_gan()
    one.discriminator.forward = lambda x: torch.log(torch.where(x > 0, 3.0, 1.0)).squeeze(1)
    x = MetropolisHastings(steps=15)(one, 3000, seed=0)
    assert (x > 0).float().mean().item() == pytest.approx(0.75, abs=0.03)


def test_one_step_keeps_or_takes_the_candidate() -> None:
    gan = known_gan()
    start = MetropolisHastings(1)(gan, 30, seed=0)
    longer = MetropolisHastings(2)(gan, 30, seed=0)
    assert 0 < (start == longer).sum() < 30


def test_sample_i_is_the_same_in_any_number_and_of_its_class() -> None:
    sampler = MetropolisHastings(20)
    few, many = (sampler(conditional_gan(), count, seed=7) for count in (6, 300))
    assert torch.equal(few, many[:6])
    means = many.unflatten(0, (-1, 3)).mean(0).squeeze(1)
    torch.testing.assert_close(means, torch.tensor([MEAN, MEAN + 1, MEAN + 2]), atol=0.2, rtol=0)
