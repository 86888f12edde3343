"""Spectral normalisation of any network."""

from torch import nn
from torch.nn.utils import parametrizations

from forger.errors import ForgerError

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def spectral_norm(body: nn.Module) -> nn.Module:
    """The network itself, the largest singular value of each layer's weight held at 1.

    Miyato et al. 2018, eq. 8: that of linear layers and convolutions, the latter as the matrix of
    their weight. Raises ForgerError for a network with weights that start at 0, and for one without
    such layers.
    """
    layers = {name: module for name, module in body.named_modules() if isinstance(module, LAYERS)}
    if not layers:
        raise ForgerError(
            f"{type(body).__module__} has no torch.nn.Linear and no convolution of torch.nn, whose"
            " weights could be scaled to norm 1: give another body"
        )
    for name, layer in layers.items():
        # Power iteration divides by a norm that is 0 here, and the weight would become NaN.
        if not layer.weight.is_meta and not layer.weight.any():
            raise ForgerError(
                f"{name}.weight is all 0, which cannot be scaled to norm 1: give another body"
            )
        parametrizations.spectral_norm(layer)
    return body
