"""Priors of one's own that are refused before a run."""

import pytest
import torch
from torch import Tensor

from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from tiny import composed


class Scaled:
    """A right prior, which has a setting."""

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(
        self,
        count: int,
        latent_dim: int,
        device: torch.device,
        generator: torch.Generator | None,
    ) -> Tensor:
        return self.scale * torch.randn(count, latent_dim, device=device, generator=generator)


class Careless(Scaled):
    """It forgets its generator, as np.random would."""

    def __call__(self, count: int, latent_dim: int, device: torch.device, *_: object) -> Tensor:
        return self.scale * torch.randn(count, latent_dim, device=device)


class Transposed(Scaled):
    def __call__(self, count: int, latent_dim: int, *more: object) -> Tensor:
        return super().__call__(latent_dim, count, *more)  # pyright: ignore[reportArgumentType]


def normal(count: int, latent_dim: int, *_: object) -> Tensor:
    return torch.randn(count, latent_dim)


@pytest.mark.parametrize(
    ("prior", "sentence"),
    [
        ("Careless, scale: 2.0", r"model\.prior draws without its generator: give it to each"),
        ("Transposed, scale: 2.0", r"model\.prior returns \[2, 3\] for 3 .* return \[3, 2\]"),
        ("Scaled", r"model\.prior lacks scale: give model\.prior\.scale=\.\.\."),
        ("normal", r"model\.prior gets its count when a run starts: add _partial_: true"),
    ],
)
def test_a_prior_that_is_no_prior_is_named(prior: str, sentence: str) -> None:
    with pytest.raises(ForgerError, match=f"^{sentence}"):
        dry_run(composed("experiment=ring", f"model.prior={{_target_: {__name__}.{prior}}}"))


def test_a_prior_that_draws_by_its_generator_is_taken() -> None:
    prior = f"model.prior={{_target_: {__name__}.Scaled, scale: 2.0}}"
    dry_run(composed("experiment=ring", prior))
