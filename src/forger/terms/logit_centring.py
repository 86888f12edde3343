"""Logit centring: the discriminator's logits have the mean 0."""

from torch import Tensor

from forger.checks import check_not_negative
from forger.terms.protocol import Update


class LogitCentring:
    """The square of the mean logit of real and generated examples together.

    Relativistic objectives leave that mean free: only differences of logits count there.
    weight: of the square.
    Raises ForgerError for a negative weight.
    """

    def __init__(self, weight: float) -> None:
        check_not_negative(weight=weight)
        self.weight = weight

    def discriminator(self, update: Update) -> Tensor:
        """weight times the square, a scalar."""
        mean = (update.real_outputs["logits"] + update.fake_outputs["logits"]).mean() / 2
        return self.weight * mean.square()
