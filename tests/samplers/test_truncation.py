import pytest
import torch

from forger.errors import ForgerError
from forger.latents import Normal
from forger.networks.stylegan2 import Generator
from forger.samplers.truncation import Truncation, truncate
from known_densities import known_gan


@pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0])
def test_latent_vectors_follow_the_truncated_normal(threshold: float) -> None:
    normal = torch.distributions.Normal(0.0, 1.0)
    density, inside = (
        normal.log_prob(torch.tensor(threshold)).exp(),
        normal.cdf(torch.tensor(threshold)) * 2 - 1,
    )
    # The variance of a normal distribution cut at both sides.
    variance = 1 - 2 * threshold * density / inside
    x = Truncation(threshold)(known_gan(), 4000, seed=0)
    assert x.abs().max() <= threshold
    assert x.var().item() == pytest.approx(variance.item(), rel=0.05)


def test_order_and_sign_stay_and_a_far_threshold_changes_nothing() -> None:
    z = torch.linspace(-6, 6, 101)
    assert (truncate(z, 1.0).diff() >= 0).all()
    torch.testing.assert_close(truncate(z, 1.0), -truncate(-z, 1.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(truncate(z[25:76], 8.0), z[25:76], atol=1e-5, rtol=0)


def test_it_is_for_the_normal_prior_and_a_positive_threshold() -> None:
    with pytest.raises(ForgerError, match="needs the normal prior, not uniform"):
        Truncation(1.0)(known_gan(prior="uniform"), 3, 0)
    with pytest.raises(ForgerError, match="not Normal: give another sampler"):
        Truncation(1.0)(known_gan(prior=Normal(0.1)), 3, 0)
    with pytest.raises(ForgerError, match="no effect on StyleGAN2's generator, which divides z"):
        Truncation(1.0)(known_gan(generator=Generator(2, [1, 8, 8], 4, 2)), 3, 0)
    with pytest.raises(ValueError, match=r"threshold \(=0\) must be positive"):
        Truncation(0)
