"""Mode counting by predicted classes."""

from typing import Literal

import torch
from torch import Tensor
from torchmetrics.functional import kl_divergence

from forger.metrics.samples import Samples


class Classes:
    """Mode counting by predicted classes, as in Metz et al. 2017 (section 3.3).

    `modes`: the number of classes that the evaluator assigns to at least one fake; `missing`: that
    of all other classes. `class_kl`: KL divergence in nats of the fakes' class frequencies from
    those of the real images, both as predicted; 0 is best, infinite if a class has fakes but no
    real image.

    against: "real", or "uniform" for the divergence from equal frequencies, as published for
    stacked MNIST: from 26,000 samples, where real images score 0.023.
    """

    def __init__(self, against: Literal["real", "uniform"] = "real") -> None:
        self.against = against

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        fakes = histogram(fake)  # (classes,)
        wanted = torch.ones_like(fakes) if self.against == "uniform" else histogram(real)
        # torchmetrics normalises both rows, (1, classes).
        divergence = kl_divergence(fakes[None].double(), wanted[None].double())
        modes = int((fakes > 0).sum())
        missing = len(fakes) - modes
        return {"modes": modes, "missing": missing, "class_kl": divergence.item()}


def histogram(samples: Samples) -> Tensor:
    """The number of images the evaluator assigns to each class, int64 (classes,)."""
    probabilities = samples.probabilities
    # (n, classes) -> (n,) -> (classes,)
    return probabilities.argmax(1).bincount(minlength=probabilities.shape[1])
