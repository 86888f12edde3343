"""Zero-centred gradient penalties from differences of logits: no second derivative is taken."""

import torch
from torch import Tensor

from forger.checks import check_above_zero, check_not_negative
from forger.errors import ForgerError
from forger.terms.protocol import Update


class ApproximateR1:
    """R1 by a finite difference: gamma / 2 E[((D(x + std e) - D(x)) / std)^2], e ~ N(0, I).

    To first order E_e[(grad D(x) . e)^2] = |grad D(x)|^2, so gamma means what it does in R1. The
    expectation over e takes one e for each example (Lin et al. 2025, section 3.3, whose weight is
    gamma / (2 std^2)). It costs one forward pass, and works with `torch.compile`.
    gamma: twice the weight of the mean squared gradient. std: of the noise, on the scale of x.
    Raises ForgerError for a negative gamma, for a std that is not positive, and with augmentations:
    their randomness changes the logits as a slope would.
    """

    kind = "real"

    def __init__(self, gamma: float, std: float) -> None:
        check_not_negative(gamma=gamma)
        check_above_zero(std=std)
        self.gamma = gamma
        self.std = std

    def discriminator(self, update: Update) -> Tensor:
        """The penalty, a scalar."""
        for name in update.gan.augment:
            raise ForgerError(
                f"augment.{name} does not work with a penalty by differences of logits: give"
                f" ~augment.{name}, or penalty=r1 in place of the term"
            )
        x, outputs = (
            (update.real, update.real_outputs)
            if self.kind == "real"
            else (update.fake, update.fake_outputs)
        )
        near = update.gan.logits(x + self.std * torch.randn_like(x), update.label)  # (m,)
        slope = (near - outputs["logits"]) / self.std  # (m,)
        return self.gamma / 2 * slope.square().mean()


class ApproximateR2(ApproximateR1):
    """R2 by a finite difference, as in `ApproximateR1`, at generated examples."""

    kind = "fake"
