"""Inception Score, with the evaluator in Inception's place."""

import torch
from torchmetrics.functional import kl_divergence

from forger.checks import at_least_one
from forger.errors import ForgerError
from forger.metrics.samples import Samples


class Score:
    """exp of the mean KL(p(y|x) || p(y)), Salimans et al. 2016 (section 4): `is`.

    From 1 (all images alike to the evaluator) to the number of classes (each image certain, all
    classes equally often); higher is better. The mean over `splits` equal parts of the fakes, in
    their order. Blind to what happens within a class: a single perfect image per class scores full.

    Raises ValueError if splits is below 1, ForgerError if there are fewer fakes than splits.
    """

    def __init__(self, splits: int = 10) -> None:
        at_least_one(splits=splits)
        self.splits = splits

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]:
        if len(fake) < self.splits:
            raise ForgerError(
                f"splits (={self.splits}) must not exceed the number of fakes, got {len(fake)}"
            )
        parts = fake.probabilities.double().tensor_split(self.splits)
        scores = [kl_divergence(p, p.mean(0).expand_as(p)).exp() for p in parts]
        return {"is": torch.stack(scores).mean().item()}
