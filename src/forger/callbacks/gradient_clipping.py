"""Gradient clipping, of each network by its own limit."""

from pytorch_lightning import Callback, Trainer
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from forger.gan import GAN


class GradientClipping(Callback):
    """Scale a network's gradient down to its limit before an update, if its L2 norm is larger.

    Pascanu et al. 2013, Algorithm 1. generator, discriminator: the limits; None: no limit. Under
    16-mixed precision the norm is that of the unscaled gradient. `Curves` shows norms as they were.
    Raises ValueError unless a limit is positive.
    """

    def __init__(self, generator: float | None, discriminator: float | None) -> None:
        self.limits = {"generator": generator, "discriminator": discriminator}
        for name, limit in self.limits.items():
            if limit is not None and limit <= 0:
                raise ValueError(f"{name} (={limit}) must be positive, such as 1, or null")

    def on_before_optimizer_step(self, trainer: Trainer, gan: GAN, optimizer: Optimizer) -> None:
        name = "generator" if optimizer is trainer.optimizers[0] else "discriminator"
        limit = self.limits[name]
        if limit is not None:
            clip_grad_norm_(getattr(gan, name).parameters(), limit)
