from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from forger.errors import ForgerError
from forger.gan import GAN
from forger.samplers.langevin import Langevin
from forger.samplers.metropolis_hastings import MetropolisHastings
from forger.samplers.rejection import Rejection, acceptance
from known_densities import MEAN, STD, conditional_gan, known_gan


def test_without_gamma_a_candidate_is_accepted_by_its_share_of_the_largest_ratio() -> None:
    ratio = torch.tensor([-5.0, -1.0, -0.1])
    torch.testing.assert_close(acceptance(ratio, 0.0), ratio.double().exp(), rtol=1e-4, atol=0)
    assert acceptance(torch.tensor([0.0, 2.0]), 0.0).min() > 0.999
    assert (acceptance(ratio, -9.0) > 0.97).all()
    assert (acceptance(ratio, 9.0) < 0.01).all()


def test_by_the_best_discriminator_samples_follow_the_data() -> None:
    plain = known_gan().sample(3000, 0)
    assert abs(plain.mean().item() - MEAN) > 0.7
    x = Rejection(3000, None, 1.0, attempts=1000)(known_gan(), 3000, seed=0)
    assert x.mean().item() == pytest.approx(MEAN, abs=0.04)
    assert x.std().item() == pytest.approx(STD, abs=0.03)
    # Not only these: the share within a deviation of the mean is that of a normal distribution.
    assert ((x - MEAN).abs() < STD).float().mean().item() == pytest.approx(0.683, abs=0.03)


def test_a_temperature_raises_the_density_ratio_to_a_power() -> None:
    power = 1 / 0.5
    x = Rejection(3000, None, temperature=0.5, attempts=1000)(known_gan(), 3000, seed=0)
    # N(0, 1) (N(MEAN, STD^2) / N(0, 1))^power is normal: precisions add.
    precision = 1 - power + power / STD**2
    assert x.mean().item() == pytest.approx(power * MEAN / STD**2 / precision, abs=0.03)
    assert x.std().item() == pytest.approx(precision**-0.5, abs=0.02)


def test_a_lower_quantile_accepts_more(capsys: pytest.CaptureFixture[str]) -> None:
    shares = []
    for quantile in (0.2, 0.8):
        Rejection(2000, quantile, 1.0, 1000)(known_gan(), 500, seed=0)
        shares.append(float(capsys.readouterr().out.split()[1].rstrip("%")))
    assert shares[0] > 2 * shares[1] > 0


def test_sample_i_is_the_same_in_any_number_of_samples() -> None:
    sampler = Rejection(500, None, 1.0, 1000)
    few, many = (sampler(known_gan(), count, seed=7) for count in (5, 20))
    assert torch.equal(few, many[:5])
    assert not torch.equal(few, sampler(known_gan(), 5, seed=8))


def test_classes_are_asked_for_in_turn_however_many_candidates_are_refused() -> None:
    x = Rejection(3000, None, 1.0, 1000)(conditional_gan(), 1500, seed=0).unflatten(0, (-1, 3))
    expected = torch.tensor([MEAN, MEAN + 1, MEAN + 2])
    torch.testing.assert_close(x.mean(0).squeeze(1), expected, atol=0.08, rtol=0)


def test_a_sample_whose_candidates_are_all_refused_is_an_error() -> None:
    with pytest.raises(ForgerError, match=r"of 50 samples had no candidate accepted in 2 attempts"):
        Rejection(1000, 0.9, 1.0, attempts=2)(known_gan(), 50, 0)


@pytest.mark.parametrize("loss", ["LeastSquares", "Wasserstein", "FDivergence"])
def test_logits_that_are_no_density_ratio_are_refused(loss: str) -> None:
    gan = known_gan()
    gan.config = {"loss": {"_target_": f"forger.losses.{loss}"}}
    with pytest.raises(ForgerError, match=f"but those of loss {loss} do not"):
        Rejection(10, None, 1.0, 10)(gan, 5, 0)


def test_a_discriminator_that_judges_several_at_once_is_refused() -> None:
    gan = known_gan()
    gan.discriminator.pack = 2  # pyright: ignore
    with pytest.raises(ForgerError, match="scores each example alone"):
        Rejection(10, None, 1.0, 10)(gan, 5, 0)


@pytest.mark.parametrize(
    "sampler", [Rejection(10, None, 1.0, 10), MetropolisHastings(3), Langevin(2, 0.1)]
)
def test_a_discriminator_of_something_else_than_examples_is_refused(
    sampler: Callable[[GAN, int, int], Tensor],
) -> None:
    gan = known_gan()
    # As that of BiGAN, which sees an example and its code.
    gan.discriminator = nn.Linear(3, 1)
    with pytest.raises(ForgerError, match="does not take examples alone, so give another sampler"):
        sampler(gan, 3, 0)
