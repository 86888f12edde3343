"""Both updates at once, as in the authors' code of Goodfellow et al. 2014."""

from typing import Any

from torch import Tensor

from forger.errors import ForgerError
from forger.gan import GAN, Values
from forger.pixels import to_float
from forger.training import optimization


class Simultaneous(GAN):
    """Both networks take their gradients at the same point, from the same noise, then both step.

    Algorithm 1 updates the generator against a discriminator that has been updated before. The
    published code of the paper computes both gradients first. Raises ForgerError for k above 1.
    """

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        if self.k != 1:
            raise ForgerError(f"k (={self.k}) must be 1: both networks are updated at once")

    def algorithm_1(self, images: Tensor, labels: Tensor) -> Values:
        """One simultaneous update in place of Algorithm 1's two."""
        values = self.gradients(images, labels)
        self.step()
        optimization.update_average(self, len(labels))
        return {name: value.detach() for name, value in values.items()}

    def gradients(self, images: Tensor, labels: Tensor) -> Values:
        """Compute the gradients of both networks on a minibatch; what `last` holds of them."""
        real = to_float(images, self.value_range)  # (m, *shape)
        z = self.noise(len(labels))  # (m, latent_dim), for both networks
        d_loss, values = self.discriminator_loss(z, real, labels)
        with optimization.frozen(self.discriminator):
            g_loss, g_values = self.generator_loss(z, real, labels)
        for name in self.networks:
            self.optimizer_of(name).zero_grad()
        # Both gradients are computed before either network changes.
        for loss in (d_loss, g_loss):
            self.manual_backward(loss)
        return values | g_values

    def step(self) -> None:
        """Step all optimizers by the gradients that are there."""
        for name in self.networks:
            self.trainer.strategy.optimizer_step(self.optimizer_of(name), lambda: None)
