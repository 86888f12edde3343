"""Clipped density and clipped coverage."""

import torch
from torch import Tensor

from forger.checks import check_positive
from forger.metrics.neighbours import count_inside
from forger.metrics.samples import Samples


class Clipped:
    """Clipped density and coverage of Salvy et al. 2026, in the evaluator's features.

    `clipped_density`, `clipped_coverage`: both from 0 to 1, and calibrated: s for a set of which
    the fraction s is as good as real images and the rest is not. Around each real image there is a
    ball that ends at its k-th nearest neighbour.

    Density: radii above their median are cut to it. A fake counts for the number of balls that it
    is in over k, at most 1; the mean over fakes is divided by that of the real images, of which
    each is in no ball of its own, and cut at 1. So neither outliers of the real images nor fakes in
    crowds count for much.

    Coverage: a ball counts for the number of fakes in it over k, at most 1. The mean over balls is
    mapped to the fraction of the fakes that gives as much in expectation if they are real images.

    Raises ForgerError if k is below 1, or if there are no more than k real images.
    """

    def __init__(self, k: int) -> None:
        check_positive(k=k)
        self.k = k

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        around_real = real.radii(self.k)  # (real,)
        cut = around_real.clamp(max=around_real.quantile(0.5))
        # (fake,) and (real,): the number of balls that each is in.
        fakes, _ = count_inside(fake.features, real.features, cut, closed=True)
        # Without the ball around the image itself.
        reals = count_inside(real.features, real.features, cut, closed=True)[0] - 1
        density, best = (counts.clamp(max=self.k).mean() for counts in (fakes, reals))
        # (real,): the number of fakes in each ball.
        _, held = count_inside(fake.features, real.features, around_real, closed=False)
        covered = held.clamp(max=self.k).mean().item() / self.k
        expected = expected_coverage(self.k, len(real), len(fake))
        return {
            "clipped_density": min((density / best).item(), 1.0),
            "clipped_coverage": torch.searchsorted(expected, covered).item() / len(expected),
        }


def expected_coverage(k: int, real: int, fakes: int) -> Tensor:
    """The mean over balls that 0 to `fakes` images as good as real ones give, float64 (fakes + 1,).

    Of m more images of the same distribution, those in a ball that ends at the k-th of real - 1
    others number j with the probability that j stand before the k-th of these, all in random order:
    C(j + k - 1, j) C(m - j + real - 1 - k, m - j) / C(m + real - 1, m). Hence the expectation of
    min(j, k) / k, which for j up to k - 1 takes k terms alone.
    """
    m = torch.arange(fakes + 1, dtype=torch.float64)  # (fakes + 1,)
    others = real - 1
    missing = torch.zeros_like(m)
    for j in range(k):
        chance = choose(torch.tensor(j + k - 1.0), torch.tensor(float(j)))
        # Logarithms, since the binomial coefficients themselves overflow.
        chance = chance + choose(m - j + others - k, m - j) - choose(m + others, m)
        # No more than m of m images can be in a ball.
        missing += torch.where(m >= j, (k - j) * chance.exp(), 0.0)
    return 1 - missing / k


def choose(n: Tensor, k: Tensor) -> Tensor:
    """Logarithm of the binomial coefficient of n over k, in float64."""
    n, k = n.double(), k.double()
    return torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
