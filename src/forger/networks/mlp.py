"""Multilayer perceptrons for images and points."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from forger.checks import check_positive

# A generator's last activation, and the range of its examples; points and floats have none.
Output = Literal["tanh", "sigmoid", "identity"]
OUTPUTS: dict[Output, tuple[type[nn.Module], tuple[float, float] | None]] = {
    "tanh": (nn.Tanh, (-1.0, 1.0)),
    "sigmoid": (nn.Sigmoid, (0.0, 1.0)),
    "identity": (nn.Identity, None),
}


class Generator(nn.Module):
    """Multilayer perceptron as generator: latent vectors (m, latent_dim) to examples (m, *shape).

    widths: number of units of each hidden layer. batch_norm: whether all hidden layers but the
    first are batch-normalised. output: last activation; "tanh" and "sigmoid" for images, "identity"
    for points. init_std: weights start from N(0, init_std) and biases at 0; None: as PyTorch starts
    them.
    Raises ValueError for sizes below 1.
    """

    def __init__(
        self,
        latent_dim: int,
        shape: Sequence[int],
        widths: Sequence[int],
        batch_norm: bool,
        output: Output,
        init_std: float | None,
    ) -> None:
        super().__init__()
        check_positive(latent_dim=latent_dim, shape=shape, widths=widths)
        layers = linear_layers([latent_dim, *widths, math.prod(shape)], batch_norm)
        activation, self.value_range = OUTPUTS[output]
        # (m, values) -> (m, *shape)
        self.layers = nn.Sequential(*layers, activation(), nn.Unflatten(1, tuple(shape)))
        initialise(self, init_std)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """Multilayer perceptron as discriminator: examples (m, *shape) to logits (m,).

    widths: number of units of each hidden layer; without any it is logistic regression. init_std:
    weights start from N(0, init_std) and biases at 0; None: as PyTorch starts them. Raises
    ValueError for sizes below 1.
    """

    def __init__(self, shape: Sequence[int], widths: Sequence[int], init_std: float | None) -> None:
        super().__init__()
        check_positive(shape=shape, widths=widths)
        layers = linear_layers([math.prod(shape), *widths, 1], batch_norm=False)
        self.layers = nn.Sequential(nn.Flatten(), *layers)  # (m, *shape) -> (m, values)
        initialise(self, init_std)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)


class Encoder(nn.Module):
    """Multilayer perceptron as encoder: examples (m, *shape) to latent vectors (m, latent_dim).

    widths: number of units of each hidden layer. batch_norm: whether all hidden layers but the
    first are batch-normalised. init_std: weights start from N(0, init_std) and biases at 0; None:
    as PyTorch starts them. Raises ValueError for sizes below 1.
    """

    def __init__(
        self,
        shape: Sequence[int],
        latent_dim: int,
        widths: Sequence[int],
        batch_norm: bool,
        init_std: float | None,
    ) -> None:
        super().__init__()
        check_positive(shape=shape, latent_dim=latent_dim, widths=widths)
        layers = linear_layers([math.prod(shape), *widths, latent_dim], batch_norm)
        self.layers = nn.Sequential(nn.Flatten(), *layers)  # (m, *shape) -> (m, values)
        initialise(self, init_std)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def linear_layers(widths: Sequence[int], batch_norm: bool) -> list[nn.Module]:
    """Linear layers between these numbers of units; all but the last are activated.

    batch_norm: whether all of these but the first are normalised.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths[:-1]):
        layers.append(nn.Linear(inputs, outputs))
        if batch_norm and len(layers) > 1:
            layers.append(nn.BatchNorm1d(outputs))
        layers.append(nn.LeakyReLU(0.2))
    return [*layers, nn.Linear(widths[-2], widths[-1])]


def initialise(network: nn.Module, std: float | None) -> None:
    """Linear weights from N(0, std), biases at 0; nothing if std is None."""
    for layer in network.modules():
        if std is not None and isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, std)
            nn.init.zeros_(layer.bias)
