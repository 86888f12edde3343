"""Perceptual path length: how far features move along a path in latent space."""

import math
from typing import Literal

import torch
from torch import Tensor

from forger.checks import check_fraction, check_positive
from forger.gan import GAN
from forger.latent_space.interpolation import PATHS
from forger.latent_space.sampling import generator_outputs
from forger.latents import sample_prior_by_index
from forger.metrics.samples import Samples
from forger.pixels import to_unit

BATCH_SIZE = 100


class PerceptualPathLength:
    """Perceptual path length of Karras et al. 2019, section 4.1, in evaluator features.

    `ppl`: the mean of |f(G(p(t))) - f(G(p(t + epsilon)))|^2 / epsilon^2 over n paths p, each
    between two draws from the prior, at a t from U[0, 1]; a hundredth of the paths at either end is
    left out, as in the authors' code. Low where small steps of z are small steps of the features
    f; a generator that makes one image only has 0. Both ends of a path are of one class. Of points
    the features are the points themselves. NaN for examples that no generator makes.

    n, epsilon: see above. path: spherical, for a normal prior, or linear. seed: of the draws.
    Raises ForgerError if n is below 1 or epsilon not between 0 and 1.
    """

    def __init__(
        self, n: int, epsilon: float, path: Literal["spherical", "linear"], seed: int
    ) -> None:
        check_positive(n=n)
        check_fraction(epsilon=epsilon)
        self.n = n
        self.epsilon = epsilon
        self.path = PATHS[path]
        self.seed = seed

    @torch.no_grad()
    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        gan = fake.gan
        if gan is None:
            return {"ppl": math.nan}
        z = sample_prior_by_index(gan.prior, 2 * self.n, gan.latent_dim, self.seed)
        start, end = z.chunk(2)  # (n, latent_dim) each
        t = torch.rand(self.n, 1, generator=torch.Generator().manual_seed(self.seed))
        here, there = (
            self.features(gan, fake, self.path(start, end, at)) for at in (t, t + self.epsilon)
        )
        # (n, d) -> (n,)
        squares = ((here - there) / self.epsilon).square().sum(1).sort().values
        cut = self.n // 100
        return {"ppl": squares[cut : self.n - cut].mean().item()}

    def features(self, gan: GAN, fake: Samples, z: Tensor) -> Tensor:
        """Features of G(z), (n, latent_dim) -> float64 (n, d).

        Of the floats that G gives: steps as small as epsilon seldom change a rounded pixel.
        """
        features = [
            fake.features_of(to_unit(examples.float(), gan.value_range))
            for examples in generator_outputs(gan, z, None, BATCH_SIZE)
        ]
        return torch.cat(features).double()
