"""Improved precision and recall."""

import torch

from forger.checks import check_positive
from forger.metrics.neighbours import distances, radii
from forger.metrics.samples import Samples


class PrecisionRecall:
    """Kynkäänniemi et al. 2019 (eq. 1 and 2), in the evaluator's features.

    `precision`: the share of fakes that lie within the k-th nearest neighbour's distance around at
    least one real image (quality); `recall`: the same with fake and real exchanged (variety). Both
    from 0 to 1, higher is better.

    Raises ValueError if k is below 1, ForgerError if either side has no more than k images.
    """

    def __init__(self, k: int = 3) -> None:
        check_positive(k=k)
        self.k = k

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]:
        around_fake = radii(fake.features, self.k)
        around_real = radii(real.features, self.k)
        precise, recalled, done = 0, torch.zeros(len(real), dtype=torch.bool), 0
        for block in distances(fake.features, real.features):
            precise += int((block <= around_real).any(1).sum())
            recalled |= (block <= around_fake[done : done + len(block), None]).any(0)
            done += len(block)
        return {"precision": precise / len(fake), "recall": recalled.double().mean().item()}
