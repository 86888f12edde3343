"""A GAN that also learns the way back, from an example to its latent vector: BiGAN, or ALI."""

from typing import Any

import torch
from torch import Tensor, nn

from forger.errors import ForgerError
from forger.gan import Values
from forger.models.encoder_gan import EncoderGAN
from forger.networks.joint import join
from forger.terms.protocol import needs_real
from forger.training.optimization import frozen


class BiGAN(EncoderGAN):
    """Adds an encoder E; the discriminator tells pairs (x, E(x)) from pairs (G(z), z).

    Donahue et al. 2017, eq. 4; Dumoulin et al. 2017, eq. 2. Both networks that are not the
    discriminator minimise one loss; at its optimum E inverts G. The discriminator takes pairs, see
    `forger.networks.joint`.

    That loss is loss.generator(D(G(z), z)) + loss.generator(-D(x, E(x))) on logits. One that needs
    real logits, as the relativistic one, compares both kinds of pairs in one value: it is
    loss.generator(D(x, E(x)), D(G(z), z)), whose gradient reaches G and E.
    Raises ForgerError for augmentations, and for terms that need examples: D sees pairs.
    """

    def __init__(self, encoder: nn.Module, **parts: Any) -> None:
        super().__init__(encoder, **parts)
        terms = [n for n, term in self.term.items() if getattr(term, "needs_examples", False)]
        refused = [*(f"augment.{n}" for n in self.augment), *(f"term.{n}" for n in terms)]
        if refused:
            raise ForgerError(
                f"{refused[0]} needs examples, and BiGAN's discriminator sees pairs of an example"
                f" and its code: give ~{refused[0]}"
            )

    def update_generator(self, real: Tensor, label: Tensor) -> Values:
        """Descend the gradient of generator and encoder, against the frozen discriminator."""
        with frozen(self.discriminator):
            loss, values = self.generator_loss(self.noise(len(label)), real, label)
            self.descend(loss, "generator", "encoder")
        return values

    def discriminator_loss(self, z: Tensor, real: Tensor, label: Tensor) -> tuple[Tensor, Values]:
        with torch.no_grad():
            pairs = join(real, self.encoder(real))  # (m, *shape) -> (m, d + latent_dim)
        return super().discriminator_loss(z, pairs, label)

    def generator_loss(self, z: Tensor, real: Tensor, label: Tensor) -> tuple[Tensor, Values]:
        # (x, E(x)), with a gradient into E: (m, d + latent_dim)
        pairs = join(real, self.encoder(real))
        loss, values = super().generator_loss(z, pairs, label)
        if needs_real(self.loss, {}):
            return loss, values
        # To the encoder a pair of a real example is what a fake is to the generator, with the sign
        # of the logit changed.
        encoder_loss = self.loss.generator(None, -self.logits(pairs, label))
        return loss + encoder_loss, values | {"loss/encoder": encoder_loss}

    def fake(self, z: Tensor, label: Tensor) -> Tensor:
        """Pairs of G(z) and z."""
        return join(super().fake(z, label), z)
