"""Gradient clipping, of each network by its own limit."""

from pytorch_lightning import Callback, Trainer
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN


class GradientClipping(Callback):
    """Scale a network's gradient down to its limit before an update, if its L2 norm is larger.

    This is Algorithm 1 of Pascanu et al. 2013. generator, discriminator, others: the limits, by the
    name of the network; None, or no such name: no limit. Under 16-mixed precision the norm is that
    of the unscaled gradient. `Curves` shows norms as they were. Raises ValueError unless a limit is
    positive, and ForgerError for a limit of no network, and for fused optimizers under 16-mixed
    precision, which unscale too late to be clipped.
    """

    def __init__(
        self, generator: float | None, discriminator: float | None, **others: float | None
    ) -> None:
        self.limits = {"generator": generator, "discriminator": discriminator, **others}
        for name, limit in self.limits.items():
            if limit is not None and limit <= 0:
                raise ValueError(f"{name} (={limit}) must be positive, such as 1, or null")

    def check(self, gan: GAN, data: InMemory) -> None:
        for name in self.limits.keys() - gan.networks.keys():
            raise ForgerError(
                f"callbacks.gradient_clipping.{name} is not a network of this model: give"
                f" {' or '.join(gan.networks)}"
            )

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        fused = any(optimizer.defaults.get("fused") for optimizer in trainer.optimizers)
        if fused and trainer.precision == "16-mixed":
            raise ForgerError(
                "callbacks.gradient_clipping needs optimizers that are not fused under 16-mixed"
                " precision: give trainer.precision=bf16-mixed"
            )

    def on_before_optimizer_step(self, trainer: Trainer, gan: GAN, optimizer: Optimizer) -> None:
        name = list(gan.networks)[trainer.optimizers.index(optimizer)]
        limit = self.limits.get(name)
        if limit is not None:
            # Lightning calls this hook after unscaling, so the limit is that of the true gradient.
            clip_grad_norm_(gan.networks[name].parameters(), limit)
