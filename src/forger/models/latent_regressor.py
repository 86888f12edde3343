"""A GAN with an encoder beside it that learns which latent vector an example came from."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from forger.gan import GAN


class LatentRegressor(GAN):
    """Algorithm 1, and after each generator update one of an encoder E: E(G(z)) is to be z.

    The generator does not see it (Donahue et al. 2017, section 4.1). encoder: examples (m, *shape)
    to latent vectors (m, latent_dim); it has an optimizer and a schedule of its own.
    """

    def __init__(self, encoder: nn.Module, **parts: Any) -> None:
        super().__init__(**parts)
        self.encoder = encoder

    @property
    def networks(self) -> dict[str, nn.Module]:
        return {**super().networks, "encoder": self.encoder}

    def update_generator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        values = super().update_generator(real, label)
        z = self.noise(len(label))
        with torch.no_grad():
            fake = self.fake(z, label)
        loss = mse_loss(self.encoder(fake), z)
        self.descend(loss, "encoder")
        return values | {"loss/encoder": loss}
