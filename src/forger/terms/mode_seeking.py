"""Mode seeking: different latent vectors give different examples."""

from torch import Tensor

from forger.checks import check_not_negative
from forger.terms.protocol import Update


class ModeSeeking:
    """Mode seeking, 1 / (|G(z) - G(z')| / |z - z'|), of Mao et al. 2019, eq. 3.

    The latent vector z' is the next one of the minibatch; |.| is the mean absolute value.
    weight: of the inverse ratio.
    Raises ForgerError for a negative weight.
    """

    needs_examples = True

    def __init__(self, weight: float) -> None:
        check_not_negative(weight=weight)
        self.weight = weight

    def generator(self, update: Update) -> Tensor:
        """weight times the inverse of the mean ratio, a scalar."""
        others, z = update.fake.roll(1, 0), update.z.roll(1, 0)  # the next example of the minibatch
        if update.gan.classes is not None:
            # Generated anew with the same classes: only z may make the difference.
            others = update.gan.fake(z, update.label)
        distance = (update.fake - others).abs().flatten(1).mean(1)  # (m,)
        ratio = (distance / (update.z - z).abs().mean(1)).mean()  # (m,) over (m,), then a scalar
        return self.weight / (ratio + 1e-5)
