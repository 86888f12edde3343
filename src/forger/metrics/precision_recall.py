"""Improved precision and recall."""

from forger.checks import check_positive
from forger.metrics.neighbours import count_inside
from forger.metrics.samples import Samples


class PrecisionRecall:
    """Precision and recall of Kynkäänniemi et al. 2019 (eq. 1, 2), in the evaluator's features.

    `precision`: the fraction of fakes that are within the k-th nearest neighbour's distance around
    at least one real image (quality); `recall`: the same with fake and real exchanged (variety).
    Both from 0 to 1, higher is better.

    Raises ValueError if k is below 1, ForgerError if either side has no more than k images.
    """

    def __init__(self, k: int = 3) -> None:
        check_positive(k=k)
        self.k = k

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        return {
            "precision": fraction_near(fake, real, self.k),
            "recall": fraction_near(real, fake, self.k),
        }


def fraction_near(some: Samples, others: Samples, k: int) -> float:
    """The fraction of some that are within the k-th neighbour's distance of one of the others."""
    # (some,), whether each is in a ball, from (some, d) and (others, d).
    balls, _ = count_inside(some.features, others.features, others.radii(k), closed=True)
    return (balls > 0).double().mean().item()
