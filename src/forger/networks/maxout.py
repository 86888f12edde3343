"""The pair of Goodfellow et al. 2014 for MNIST, as in the authors' configuration."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from forger.checks import check_positive


class Generator(nn.Module):
    """Generator of rectified linear units and a sigmoid: (m, latent_dim) to (m, *shape) in [0, 1].

    widths: number of units of each hidden layer. init: weights start uniform in (-init, init),
    biases at 0. The last layer, whose bias the authors start from the data, is `output`.
    """

    value_range = (0.0, 1.0)

    def __init__(
        self, latent_dim: int, shape: Sequence[int], widths: Sequence[int], init: float
    ) -> None:
        super().__init__()
        check_positive(latent_dim=latent_dim, shape=shape, widths=widths)
        hidden: list[nn.Module] = []
        for inputs, outputs in pairwise([latent_dim, *widths]):
            hidden += [nn.Linear(inputs, outputs), nn.ReLU()]  # (m, inputs) -> (m, outputs)
        self.hidden = nn.Sequential(*hidden)
        # The bias of this layer has a name, so that `callbacks.output_bias` finds it.
        self.output = nn.Linear([latent_dim, *widths][-1], math.prod(shape))
        self.shape = tuple(shape)
        initialise(self, init)

    def forward(self, z: Tensor) -> Tensor:
        # (m, values) -> (m, *shape)
        return self.output(self.hidden(z)).sigmoid().unflatten(1, self.shape)


class Maxout(nn.Module):
    """The largest of `pieces` linear functions for each unit (Goodfellow et al. 2013, eq. 2).

    (m, inputs) to (m, units).
    """

    def __init__(self, inputs: int, units: int, pieces: int) -> None:
        super().__init__()
        check_positive(units=units, pieces=pieces)
        self.linear = nn.Linear(inputs, units * pieces)
        self.units = units

    def forward(self, x: Tensor) -> Tensor:
        # (m, units pieces) -> (m, units, pieces) -> (m, units)
        return self.linear(x).unflatten(1, (self.units, -1)).amax(2)


class Discriminator(nn.Module):
    """Maxout discriminator with dropout: images (m, *shape) to logits (m,).

    units: number of units of each maxout layer. pieces: number of linear pieces of each unit.
    dropout_input: fraction of inputs dropped before the first layer. dropout_hidden: fraction of
    inputs dropped before the other layers. Dropout is on in the generator's update as well. init:
    weights start uniform in (-init, init), biases at 0.
    """

    def __init__(
        self,
        shape: Sequence[int],
        units: Sequence[int],
        pieces: int,
        dropout_input: float,
        dropout_hidden: float,
        init: float,
    ) -> None:
        super().__init__()
        check_positive(shape=shape, units=units, pieces=pieces)
        # (m, *shape) -> (m, values)
        layers: list[nn.Module] = [nn.Flatten(), nn.Dropout(dropout_input)]
        for inputs, outputs in pairwise([math.prod(shape), *units]):
            layers += [Maxout(inputs, outputs, pieces), nn.Dropout(dropout_hidden)]
        self.layers = nn.Sequential(*layers, nn.Linear(units[-1], 1))
        initialise(self, init)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)


def initialise(network: nn.Module, init: float) -> None:
    """Linear weights uniform in (-init, init), biases at 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.uniform_(layer.weight, -init, init)
            nn.init.zeros_(layer.bias)
