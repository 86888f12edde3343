"""The prior p(z) over latent vectors."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from forger.checks import check_above_zero, check_not_negative, check_positive
from forger.errors import ForgerError
from forger.seeds import derive_seed

Noise = Literal["normal", "uniform"]
# A name, or what samples: called like `sample_prior`, without its first argument.
Prior = Noise | Callable[..., Tensor]


def sample_prior(
    prior: Prior,
    count: int,
    latent_dim: int,
    device: torch.device | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fresh latent vectors, float32 (count, latent_dim), each coordinate of mean 0 and variance 1.

    "normal" is N(0, I). "uniform" is U(-sqrt 3, sqrt 3), as in the authors' configuration of
    Goodfellow et al. 2014, where many re-implementations take U(-1, 1). Any other prior says for
    itself what it samples.
    """
    if not isinstance(prior, str):
        return prior(count, latent_dim, device, generator)
    if prior == "normal":
        return torch.randn(
            count, latent_dim, device=device, dtype=torch.float32, generator=generator
        )
    # U(-a, a) has the variance a^2 / 3.
    half_width = math.sqrt(3)
    z = torch.rand(count, latent_dim, device=device, dtype=torch.float32, generator=generator)
    return z.mul_(2 * half_width).sub_(half_width)


def sample_prior_by_index(prior: Prior, count: int, latent_dim: int, seed: int) -> Tensor:
    """Latent vectors 0 to count - 1 of a seed, float32 (count, latent_dim), on the CPU.

    Each row has a seed of its own, so that image 17 of a seed is the same in any number of images,
    at any batch size, on any device.
    """
    cpu, generator = torch.device("cpu"), torch.Generator()
    # A loop, since one call for all rows would depend on their number.
    rows = [
        sample_prior(prior, 1, latent_dim, cpu, generator.manual_seed(derive_seed(seed, row)))
        for row in range(count)
    ]
    return torch.cat(rows)


class Codes:
    """Latent codes before the noise, as in InfoGAN (Chen et al. 2016, section 4).

    A latent vector is made of a one-hot vector for each of the categorical codes, then the
    continuous codes, then noise; its first `size` numbers are codes, not noise.
    categorical: numbers of values, each as likely. continuous: how many codes from U(-1, 1).
    noise: the prior of the other coordinates of z. `fixed`: values that codes have in all latent
    vectors, by the number of the code: categorical codes come first.
    """

    def __init__(self, categorical: Sequence[int], continuous: int, noise: Prior) -> None:
        check_positive(categorical=categorical)
        check_not_negative(continuous=continuous)
        self.categorical = tuple(categorical)
        self.continuous = continuous
        self.noise: Prior = noise
        self.size = sum(categorical) + continuous
        self.count = len(categorical) + continuous
        self.fixed: dict[int, float] = {}

    def __call__(
        self,
        count: int,
        latent_dim: int,
        device: torch.device | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Latent vectors, float32 (count, latent_dim)."""
        rest = latent_dim - self.size
        if rest < 0:
            raise ForgerError(
                f"model.latent_dim (={latent_dim}) must be at least {self.size}, the numbers that"
                " model.prior has for codes"
            )
        codes = [  # each (count, n)
            one_hot(torch.randint(n, (count,), device=device, generator=generator), n).float()
            for n in self.categorical
        ]
        shape = (count, self.continuous)
        # U(-1, 1), (count, continuous).
        codes.append(
            2 * torch.rand(shape, device=device, dtype=torch.float32, generator=generator) - 1
        )
        z = torch.cat([*codes, sample_prior(self.noise, count, rest, device, generator)], dim=1)
        for code, value in self.fixed.items():
            z = self.put(z, code, torch.full((count,), value, device=device))
        return z

    def values(self, code: int, steps: int) -> Tensor:
        """Values of a code from end to end: all of a categorical one, so many of a continuous."""
        if code < len(self.categorical):
            return torch.arange(self.categorical[code])
        return torch.linspace(-1, 1, steps)

    def put(self, z: Tensor, code: int, values: Tensor) -> Tensor:
        """Latent vectors z (n, latent_dim) with a code of these values (n,)."""
        z, start = z.clone(), sum(self.categorical[:code])
        if code < len(self.categorical):
            size = self.categorical[code]
            z[:, start : start + size] = one_hot(values.long(), size).to(z)
        else:
            z[:, start + code - len(self.categorical)] = values
        return z


class Normal:
    """The normal distribution N(0, std^2), such as a narrow one of the noise beside codes."""

    def __init__(self, std: float) -> None:
        check_above_zero(std=std)
        self.std = std

    def __call__(
        self,
        count: int,
        latent_dim: int,
        device: torch.device | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Latent vectors, float32 (count, latent_dim)."""
        return self.std * torch.randn(
            count, latent_dim, device=device, dtype=torch.float32, generator=generator
        )


class Truncated:
    """The normal distribution within a bound (Brock et al. 2019, section 3.1).

    bound: the largest absolute value of a coordinate. A smaller bound makes samples more alike.
    """

    def __init__(self, bound: float) -> None:
        check_above_zero(bound=bound)
        self.bound = bound

    def __call__(
        self,
        count: int,
        latent_dim: int,
        device: torch.device | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Latent vectors, float32 (count, latent_dim)."""
        # Quantiles, not rejection: each z takes as many random numbers, so seeds stay aligned.
        quantile = torch.rand(
            count, latent_dim, device=device, dtype=torch.float32, generator=generator
        )
        return truncated_normal(quantile, self.bound)


def truncated_normal(quantile: Tensor, bound: float) -> Tensor:
    """N(0, 1) cut off at -+bound, at quantiles in (0, 1): the inverse distribution function."""
    # The probability below -bound, which is left out on both sides.
    low = 0.5 * (1 - math.erf(bound / math.sqrt(2)))
    return torch.special.ndtri(low + (1 - 2 * low) * quantile).clamp(-bound, bound)
