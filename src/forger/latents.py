"""The prior p(z) over latent vectors."""

import math
from typing import Literal

import torch
from torch import Tensor

from forger.seeds import derive_seed

Prior = Literal["normal", "uniform"]


def sample_prior(
    prior: Prior,
    count: int,
    latent_dim: int,
    device: torch.device | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fresh latent vectors, float32 (count, latent_dim), each coordinate of mean 0 and variance 1.

    "normal" is N(0, I). "uniform" is U(-sqrt 3, sqrt 3), as in the authors' configuration of
    Goodfellow et al. 2014, where many re-implementations take U(-1, 1).
    """
    if prior == "normal":
        return torch.randn(count, latent_dim, device=device, generator=generator)
    half_width = math.sqrt(3)
    z = torch.rand(count, latent_dim, device=device, generator=generator)
    return z.mul_(2 * half_width).sub_(half_width)


def sample_prior_by_index(prior: Prior, count: int, latent_dim: int, seed: int) -> Tensor:
    """Latent vectors 0 to count - 1 of a seed, float32 (count, latent_dim), on the CPU.

    Each row has a seed of its own, so that image 17 of a seed is the same in any number of images,
    at any batch size, on any device.
    """
    generator = torch.Generator()
    rows = [
        sample_prior(prior, 1, latent_dim, generator=generator.manual_seed(derive_seed(seed, row)))
        for row in range(count)
    ]
    return torch.cat(rows)
