"""Spectral normalisation of any network."""

from torch import nn
from torch.nn.utils import parametrizations

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def spectral_norm(body: nn.Module) -> nn.Module:
    """The network itself, the largest singular value of each layer's weight held at 1.

    Miyato et al. 2018, eq. 8: that of linear layers and convolutions, the latter as the matrix of
    their weight.
    """
    for layer in list(body.modules()):
        if isinstance(layer, LAYERS):
            parametrizations.spectral_norm(layer)
    return body
