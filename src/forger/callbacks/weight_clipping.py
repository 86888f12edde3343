"""Weight clipping, which keeps a critic Lipschitz the way the first Wasserstein GAN did."""

import torch
from pytorch_lightning import Callback, Trainer

from forger.checks import check_above_zero
from forger.gan import GAN


class WeightClipping(Callback):
    """Clip all weights of the discriminator to [-limit, limit] after each of its updates.

    Frozen weights are left as they are. This is line 7 of Algorithm 1 of Arjovsky et al. 2017.
    Raises ForgerError unless limit is positive.
    """

    def __init__(self, limit: float) -> None:
        check_above_zero(limit=limit)
        self.limit = limit

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        parameters = list(gan.discriminator.parameters())

        def clip(*_: object) -> None:
            with torch.no_grad():
                for parameter in parameters:
                    if parameter.requires_grad:
                        parameter.clamp_(-self.limit, self.limit)

        # A hook on the step itself: with k above 1 a batch has several updates.
        gan.optimizer_of("discriminator").register_step_post_hook(clip)
