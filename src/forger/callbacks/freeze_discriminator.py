"""FreezeD: the first layers of the discriminator do not learn."""

from pytorch_lightning import Callback, Trainer
from torch import nn
from torch.nn.modules.conv import _ConvNd

from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN


class FreezeDiscriminator(Callback):
    """Freeze the discriminator's first layers (Mo et al. 2020, section 3).

    For fine-tuning: what they see in images is kept from the run whose weights this one started
    from. layers: convolutions and linear layers, in the order in which the network lists them, each
    with the normalisation and biases that follow it; running statistics go on. Raises ForgerError
    unless at least one layer is left.
    """

    def __init__(self, layers: int) -> None:
        check_positive(layers=layers)
        self.layers = layers

    def check(self, gan: GAN, data: InMemory) -> None:
        self.frozen(gan)

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        for parameter in self.frozen(gan):
            parameter.requires_grad_(False)

    def frozen(self, gan: GAN) -> list[nn.Parameter]:
        """What does not learn. Raises ForgerError if that is all."""
        layer, frozen = 0, list[nn.Parameter]()
        for module in gan.discriminator.modules():
            layer += isinstance(module, nn.Linear | _ConvNd)
            # Layer 0 are containers before the first layer: their parameters are their children's.
            if 1 <= layer <= self.layers:
                frozen += module.parameters(recurse=False)
        if layer <= self.layers:
            raise ForgerError(
                f"callbacks.freeze_discriminator.layers (={self.layers}) must be below {layer}, the"
                " number of the discriminator's layers: at least one layer must learn"
            )
        return frozen
