"""A loss: what each network minimises, on logits (m,)."""

from torch import Tensor
from torch.nn.functional import softplus

from forger.losses import NonSaturating


class Smoothed(NonSaturating):
    """Real examples are real with probability `target`, below 1 (Salimans et al. 2016, 3.4).

    At the end D(x) and D(G(z)) are then target / 2 each, and not one half.
    """

    def __init__(self, target: float) -> None:
        self.target = target

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        on_real = self.target * softplus(-real) + (1 - self.target) * softplus(real)
        return on_real.mean() + softplus(fake).mean()
