"""Multilayer perceptron as discriminator with noise on the input of each layer."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from forger.checks import check_positive


class GaussianNoise(nn.Module):
    """x (m, units) plus noise from N(0, std) in training, of its own for each number."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


class UnitWeights(nn.Linear):
    """A linear layer whose weights have norm 1 in each row: outputs do not outgrow the noise.

    It is weight normalisation (Salimans and Kingma 2016, eq. 2) of a constant scale. Weights start
    from N(0, 0.1^2): the longer a row, the less a step of the optimizer turns it.
    """

    def reset_parameters(self) -> None:
        nn.init.normal_(self.weight, std=0.1)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        # (m, inputs) -> (m, units)
        return linear(x, normalize(self.weight, dim=1), self.bias)


class Discriminator(nn.Module):
    """Discriminator of rectified linear units: examples (m, *shape) to logits (m,).

    The network with which Salimans et al. 2016 classify MNIST by few labels. Weights of hidden
    layers are normalised. widths: number of units of each hidden layer. noise_input: standard
    deviation of the noise on examples. noise_hidden: that of the noise on hidden layers.
    Raises ForgerError for sizes below 1.
    """

    def __init__(
        self, shape: Sequence[int], widths: Sequence[int], noise_input: float, noise_hidden: float
    ) -> None:
        super().__init__()
        check_positive(shape=shape, widths=widths)
        layers: list[nn.Module] = [nn.Flatten(), GaussianNoise(noise_input)]
        for inputs, outputs in pairwise([math.prod(shape), *widths]):
            layers += [UnitWeights(inputs, outputs), nn.ReLU(), GaussianNoise(noise_hidden)]
        layers.append(nn.Linear([math.prod(shape), *widths][-1], 1))
        self.layers = nn.Sequential(*layers)  # (m, *shape) -> (m, values) -> (m, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)
