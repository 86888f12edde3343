"""Samples from the middle of the prior only."""

from torch import Tensor
from torch.special import ndtr

from forger import latents
from forger.checks import check_above_zero
from forger.errors import ForgerError
from forger.gan import GAN
from forger.networks.stylegan2 import Mapping
from forger.samplers.normal_prior import check_normal_prior


class Truncation:
    """Samples of latent vectors from a truncated normal (Brock et al. 2019, section 3.1).

    No coordinate of z is farther from 0 than the threshold: fewer outliers, less variety. Where
    Brock et al. sample such a coordinate again, here all are moved to the same quantile of the
    truncated distribution, so that sample i stays like sample i without truncation.
    Raises ForgerError unless threshold is positive, for a prior that is not normal, and for
    StyleGAN2's generator.
    """

    def __init__(self, threshold: float) -> None:
        check_above_zero(threshold=threshold)
        self.threshold = threshold

    def __call__(self, gan: GAN, count: int, seed: int) -> Tensor:
        check_normal_prior(gan, "truncation")
        if any(isinstance(module, Mapping) for module in gan.generator.modules()):
            raise ForgerError(
                "sampler=truncation has no effect on StyleGAN2's generator, which divides z by its"
                " length: give another sampler"
            )
        # (count, latent_dim)
        z = latents.sample_prior_by_index(gan.prior, count, gan.latent_dim, seed)
        return gan.generate(truncate(z, self.threshold))


def truncate(z: Tensor, threshold: float) -> Tensor:
    """Values of N(0, 1) as those at the same quantile of N(0, 1) cut off at -+threshold."""
    # float64, since in float32 quantiles of the tails are 0 or 1.
    return latents.truncated_normal(ndtr(z.double()), threshold).to(z.dtype)
