"""A GAN with an encoder beside it that learns which latent vector an example came from."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from forger.gan import Values
from forger.models.encoder_gan import EncoderGAN


class LatentRegressor(EncoderGAN):
    """Algorithm 1, and after each generator update one of an encoder E: E(G(z)) is to be z.

    The generator does not see it (Donahue et al. 2017, section 4.1).
    """

    def update_generator(self, real: Tensor, label: Tensor) -> Values:
        values = super().update_generator(real, label)
        z = self.noise(len(label))
        with torch.no_grad():
            fake = self.fake(z, label)
        loss = mse_loss(self.encoder(fake), z)  # (m, *shape) -> (m, latent_dim), then a scalar
        self.descend(loss, "encoder")
        return values | {"loss/encoder": loss}
