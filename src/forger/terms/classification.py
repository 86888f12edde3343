"""AC-GAN: a discriminator that classifies examples as well."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from forger.checks import check_not_negative
from forger.terms.protocol import Update


class Classification:
    """The log likelihood of the right class (Odena et al. 2017, eq. 3).

    Both networks raise it: D predicts the classes of real and generated examples by a head, and G
    makes examples whose class is predicted right. weight: of the cross entropy. head: the name of
    the discriminator's head, logits (m, classes).
    Raises ForgerError for a negative weight.
    """

    def __init__(self, weight: float, head: str) -> None:
        check_not_negative(weight=weight)
        self.weight = weight
        self.head = head

    def discriminator(self, update: Update) -> Tensor:
        """weight times the cross entropy on real and on generated examples, a scalar."""
        outputs = (update.real_outputs, update.fake_outputs)
        # Scalars, from logits (m, classes).
        real, fake = (cross_entropy(o[self.head], update.label) for o in outputs)
        return self.weight * (real + fake)

    def generator(self, update: Update) -> Tensor:
        """weight times the cross entropy on generated examples, a scalar."""
        return self.weight * cross_entropy(update.fake_outputs[self.head], update.label)
