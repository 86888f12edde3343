"""The codes that all samples of a GAN have."""

import math
from collections.abc import Sequence

from forger.errors import ForgerError
from forger.gan import GAN
from forger.latents import Codes


def choose_codes(gan: GAN, codes: Sequence[float | None] | None) -> None:
    """All samples shall have these codes; None in a place, or no place: as the prior draws it.

    Raises ForgerError if the prior has no codes or fewer, or if one has no such value.
    """
    if isinstance(gan.prior, Codes):
        gan.prior.fixed = {}
    if codes is None:
        return
    codes = list(codes)
    if not isinstance(gan.prior, Codes):
        raise ForgerError(f"codes (={codes}) need a prior that has codes: remove codes")
    if len(codes) > gan.prior.count:
        raise ForgerError(f"codes (={codes}) must be at most {gan.prior.count}, as this GAN has")
    sizes = gan.prior.categorical
    for code, value in enumerate(codes):
        if value is None:
            continue
        if code < len(sizes) and value not in range(sizes[code]):
            raise ForgerError(
                f"codes (={codes}): code {code} is categorical and must be one of"
                f" 0 to {sizes[code] - 1}, and is {value:g}"
            )
        if not math.isfinite(value):
            raise ForgerError(
                f"codes (={codes}): code {code} is {value}: give a number, -1 to 1 in training"
            )
    gan.prior.fixed = {code: value for code, value in enumerate(codes) if value is not None}
