"""A loss: what each network minimises, on logits (m,)."""

from torch import Tensor
from torch.nn.functional import softplus

from forger.losses import NonSaturating


class Smoothed(NonSaturating):
    """Real examples are real with probability `target`, below 1 (Salimans et al. 2016, 3.4)."""

    def __init__(self, target: float) -> None:
        self.target = target

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        on_real = self.target * softplus(-real) + (1 - self.target) * softplus(real)
        return on_real.mean() + softplus(fake).mean()
