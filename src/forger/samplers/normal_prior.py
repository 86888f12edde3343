"""What samplers that move or cut z need of the prior."""

from forger.errors import ForgerError
from forger.gan import GAN


def check_normal_prior(gan: GAN, sampler: str) -> None:
    """Raises ForgerError, which names the sampler, for a prior that is not normal."""
    if gan.prior != "normal":
        has = gan.prior if isinstance(gan.prior, str) else type(gan.prior).__name__
        raise ForgerError(
            f"sampler={sampler} needs the normal prior, not {has}: give another sampler"
        )
