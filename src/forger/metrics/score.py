"""Inception Score, with the evaluator in Inception's place."""

import torch
from torchmetrics.functional import kl_divergence

from forger.checks import check_positive
from forger.errors import ForgerError
from forger.metrics.samples import Samples


class Score:
    """Inception score, exp of the mean KL(p(y|x) || p(y)), Salimans et al. 2016 (section 4): `is`.

    It is from 1 (all images alike to the evaluator) to the number of classes (each image certain,
    all classes equally often); higher is better. It is the mean over `splits` equal parts of the
    fakes, in their order; None: 10, or fewer, so that each has as many as there are classes,
    without which its score could not be full. It is blind to what happens within a class: a single
    perfect image per class scores full.

    Raises ValueError if splits is below 1, ForgerError if there are fewer fakes than splits.
    """

    def __init__(self, splits: int | None = 10) -> None:
        check_positive(splits=1 if splits is None else splits)
        self.splits = splits

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        probabilities = fake.probabilities.double()
        splits, classes = self.splits, probabilities.shape[1]
        if splits is None:
            splits = max(1, min(10, len(fake) // classes))
        if len(fake) < splits:
            raise ForgerError(
                f"splits (={splits}) must be at most {len(fake)}, the number of fakes"
            )
        parts = probabilities.tensor_split(splits)  # each about (n / splits, classes)
        # p(y) is the mean of the part itself, as in the paper's code.
        scores = [kl_divergence(p, p.mean(0).expand_as(p)).exp() for p in parts]
        return {"is": torch.stack(scores).mean().item()}
