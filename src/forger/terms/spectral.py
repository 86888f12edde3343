"""Spectral regularisation: large singular values of the discriminator's weights cost something."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.modules.conv import _ConvNd

from forger.checks import check_not_negative, check_positive
from forger.errors import ForgerError
from forger.terms.protocol import Update


class SpectralRegularization:
    """Spectral norm regularisation of Yoshida and Miyato 2017 (eq. 2), of the discriminator.

    weight / 2 times the sum of sigma(W)^2, where sigma is the largest singular value and W is the
    weight of a convolution or of a linear layer, (outputs, all else). Spectral normalisation fixes
    that value; this makes large values costly. weight: lambda. iterations: power iterations in an
    update, each time from random numbers: sigma is never too large, and right for many iterations.
    Raises ForgerError for a negative weight, if iterations is below 1, and without such a layer.
    """

    def __init__(self, weight: float, iterations: int) -> None:
        check_not_negative(weight=weight)
        check_positive(iterations=iterations)
        self.weight = weight
        self.iterations = iterations

    def discriminator(self, update: Update) -> Tensor:
        """weight times the penalty, a scalar."""
        layers = update.gan.discriminator.modules()
        weights = [layer.weight for layer in layers if isinstance(layer, nn.Linear | _ConvNd)]
        if not weights:
            raise ForgerError(
                "term.spectral needs a convolution or a linear layer, and the discriminator has"
                " none: give ~term.spectral"
            )
        squares = [largest_singular_value(weight, self.iterations).square() for weight in weights]
        return self.weight / 2 * torch.stack(squares).sum()


def largest_singular_value(weight: Tensor, iterations: int) -> Tensor:
    """The largest singular value of weight (outputs, ...) as a matrix, by power iteration."""
    # Half precision is too low for the norms.
    with torch.autocast(weight.device.type, enabled=False):
        matrix = weight.flatten(1)  # (outputs, ...) -> (outputs, inputs)
        fixed = matrix.detach()
        u = torch.randn_like(fixed[:, 0])  # (outputs,)
        v = normalize(fixed.T @ u, dim=0)  # (inputs,)
        for _ in range(iterations):
            u = normalize(fixed @ v, dim=0)
            v = normalize(fixed.T @ u, dim=0)
        # At the singular vectors u and v the gradient is theirs: u v^T.
        return u @ matrix @ v
