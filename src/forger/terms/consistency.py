"""A discriminator that says the same of an example and of its augmentation."""

from collections.abc import Callable, Mapping

from torch import Tensor

from forger.checks import check_not_negative
from forger.terms.protocol import Update


class Consistency:
    """Balanced consistency regularisation, bCR (Zhao et al. 2021, algorithm 1).

    D is penalised by (D(x) - D(T(x)))^2 on logits, for an augmentation T, on real and on generated
    examples. The generator is trained through D(G(z)) alone, so it does not learn T.
    weight_real, weight_fake: lambda of each; 10 in the paper. augment: T, by name, one after
    another.
    Raises ForgerError for a negative weight.
    """

    needs_examples = True

    def __init__(
        self,
        weight_real: float,
        weight_fake: float,
        augment: Mapping[str, Callable[[Tensor], Tensor]],
    ) -> None:
        check_not_negative(weight_real=weight_real, weight_fake=weight_fake)
        self.weight_real = weight_real
        self.weight_fake = weight_fake
        self.augment = augment

    def discriminator(self, update: Update) -> Tensor:
        """The weighted mean squares, a scalar."""
        real = self.change(update, update.real, update.real_outputs["logits"])
        fake = self.change(update, update.fake, update.fake_outputs["logits"])
        return self.weight_real * real + self.weight_fake * fake

    def change(self, update: Update, x: Tensor, logits: Tensor) -> Tensor:
        """Mean square of the change of the logits (m,) of x by the augmentation."""
        for augment in self.augment.values():
            x = augment(x)
        return (logits - update.gan.logits(x, update.label)).square().mean()
