"""Sliced Wasserstein distance between the features of fake and real images."""

import torch

from forger.checks import check_positive, fits_memory
from forger.metrics.samples import Samples


class Mind:
    """Monge Inception Distance of Berthet et al. 2026, in the evaluator's features: `mind`.

    It is 3 d times the mean over `directions` random unit vectors of the squared Wasserstein
    distance between both sets along that vector, which is the mean squared difference of the sorted
    projections. The number of features is d. The distance has squared units of the features; it is
    0 for equal sets, lower is better. It compares distributions where a Fréchet distance compares
    means and covariances. Values are comparable only at equal numbers of images: the estimate is
    biased upwards for few. Of the larger set it takes a random subset as large as the other.
    seed: of the vectors and the subset.

    Raises ForgerError if directions is below 1.
    """

    def __init__(self, directions: int, seed: int) -> None:
        check_positive(directions=directions)
        self.directions = directions
        self.seed = seed

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        generator = torch.Generator().manual_seed(self.seed)
        d = fake.features.shape[1]
        n = min(len(fake), len(real))
        fits_memory(f"directions (={self.directions})", 16 * self.directions * max(n, d))
        # (d, directions)
        vectors = torch.randn(d, self.directions, generator=generator, dtype=torch.float64)
        vectors /= vectors.norm(dim=0)
        # (n, directions), each column in order
        fakes, reals = (
            (some.features.double()[torch.randperm(len(some), generator=generator)[:n]] @ vectors)
            .sort(0)
            .values
            for some in (fake, real)
        )
        return {"mind": 3 * d * (fakes - reals).square().mean().item()}
