"""A penalty: what is added to the discriminator's loss."""

from torch import Tensor

from forger.penalties import DiscriminatorFn


class Drift:
    """weight E[logit^2] of real examples: logits stay near 0 (Karras et al. 2018, appendix A.1)."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
        return self.weight * discriminator(real).square().mean()
