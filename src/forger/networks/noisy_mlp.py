"""Multilayer perceptron as discriminator with noise on the input of each layer."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from forger.checks import check_positive
from forger.networks.mlp import initialise


class GaussianNoise(nn.Module):
    """x (m, units) plus noise from N(0, std) in training, of its own for each number."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


class Discriminator(nn.Module):
    """Discriminator of rectified linear units: examples (m, *shape) to logits (m,).

    The network with which Salimans et al. 2016 classify MNIST by few labels, without its weight
    normalisation. widths: number of units of each hidden layer. noise_input: standard deviation of
    the noise on examples. noise_hidden: that of the noise on hidden layers. init_std: as in
    `mlp.Discriminator`.
    Raises ForgerError for sizes below 1.
    """

    def __init__(
        self,
        shape: Sequence[int],
        widths: Sequence[int],
        noise_input: float,
        noise_hidden: float,
        init_std: float | None,
    ) -> None:
        super().__init__()
        check_positive(shape=shape, widths=widths)
        layers: list[nn.Module] = [nn.Flatten(), GaussianNoise(noise_input)]
        for inputs, outputs in pairwise([math.prod(shape), *widths]):
            layers += [nn.Linear(inputs, outputs), nn.ReLU(), GaussianNoise(noise_hidden)]
        layers.append(nn.Linear([math.prod(shape), *widths][-1], 1))
        self.layers = nn.Sequential(*layers)  # (m, *shape) -> (m, values) -> (m, 1)
        initialise(self, init_std)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)
