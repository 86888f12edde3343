"""A GAN with a third network, which leads from examples to latent vectors."""

from typing import Any

from torch import nn

from forger.gan import GAN


class EncoderGAN(GAN):
    """Adds an encoder; children say how it learns.

    encoder: examples (m, *shape) to latent vectors (m, latent_dim); it has an optimizer and a
    schedule of its own, and no moving average.
    """

    def __init__(self, encoder: nn.Module, **parts: Any) -> None:
        super().__init__(**parts)
        self.encoder = encoder

    @property
    def networks(self) -> dict[str, nn.Module]:
        return {**super().networks, "encoder": self.encoder}
