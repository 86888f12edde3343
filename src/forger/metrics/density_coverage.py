"""Density and coverage."""

from forger.checks import check_positive
from forger.metrics.neighbours import count_inside
from forger.metrics.samples import Samples


class DensityCoverage:
    """Density and coverage of Naeem et al. 2020 (eq. 5 and 6), in the evaluator's features.

    Around each real image there is a ball that ends just before its k-th nearest neighbour.
    `density`: the mean number of balls a fake is in, over k; about 1 for fakes as good as real, and
    may exceed 1 where fakes crowd the middle. `coverage`: the fraction of balls with a fake in
    them, from 0 to 1; about 1 - 2^-k for as many fakes as good as real (eq. 7). Higher is better.
    Unlike recall, neither is misled by distant fakes.

    Raises ValueError if k is below 1, ForgerError if there are no more than k real images.
    """

    def __init__(self, k: int = 5) -> None:
        check_positive(k=k)
        self.k = k

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        around_real = real.radii(self.k)  # (real,)
        # (real,): the number of fakes in each ball.
        _, held = count_inside(fake.features, real.features, around_real, closed=False)
        return {
            # Eq. 5: the sum over balls is the sum over fakes.
            "density": held.sum().item() / (self.k * len(fake)),
            "coverage": (held > 0).double().mean().item(),
        }
