"""Candidates of the samplers that use the discriminator."""

from collections.abc import Sequence

import torch
from torch import Tensor

from forger import latents
from forger.errors import ForgerError
from forger.gan import GAN
from forger.seeds import derive_seed

# Objectives whose best discriminator does not give the logarithm of a density ratio.
OTHER_LOGITS = (
    "LeastSquares", "Hinge", "Wasserstein", "LabelSmoothing", "RelativisticAverage", "FDivergence"
)  # fmt: skip


class Candidates:
    """Samples of a generator to choose from: for each sample asked for, any number of candidates.

    Candidate j of sample i of a seed is always the same, whatever else is drawn, and of the class
    of sample i. Raises ForgerError for a discriminator whose logits are not the logarithm of
    p_data / p_g, up to a constant, or that gives one logit for several examples.
    """

    def __init__(self, gan: GAN, count: int, seed: int) -> None:
        self.gan = gan
        self.labels = gan.labels(count)
        self.seed = seed
        loss = str(gan.config.get("loss", {}).get("_target_")).rpartition(".")[2]
        if loss in OTHER_LOGITS:
            raise ForgerError(
                "this sampler needs logits that estimate log(p_data / p_g), but those of loss"
                f" {loss} do not: train with loss=non_saturating, minimax or relativistic"
            )

    def draw(self, samples: Sequence[int], number: int) -> Tensor:
        """Candidates (n, *shape) of this number, one for each of these samples."""
        return self.gan.generate(self.latents(samples, number), self.label(samples))

    def latents(self, samples: Sequence[int], number: int) -> Tensor:
        """The latent vectors of these candidates, (n, latent_dim)."""
        prior, latent_dim = self.gan.prior, self.gan.latent_dim
        # One seed for each candidate: which others are drawn makes no difference.
        seeds = (derive_seed(self.seed, i, number) for i in samples)
        return torch.cat(
            [latents.sample_prior_by_index(prior, 1, latent_dim, seed) for seed in seeds]
        )

    def label(self, samples: Sequence[int]) -> Tensor | None:
        return None if self.labels is None else self.labels[list(samples)]

    def chances(self, samples: Sequence[int], number: int) -> Tensor:
        """A number in [0, 1) for each of these candidates, (n,)."""
        generator = torch.Generator()
        # The 1 keeps these numbers independent of the candidates' latent vectors.
        seeds = (derive_seed(self.seed, i, number, 1) for i in samples)
        return torch.cat([torch.rand(1, generator=generator.manual_seed(seed)) for seed in seeds])
