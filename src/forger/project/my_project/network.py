"""A network: any module of torch."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class Residual(nn.Module):
    """A generator: latent vectors (m, latent_dim) to points (m, *shape).

    width: units of each layer. blocks: layers that add to what they are given.
    """

    # Of images it is the range of the last activation, such as (-1.0, 1.0) of a tanh.
    value_range = None

    def __init__(self, latent_dim: int, shape: Sequence[int], width: int, blocks: int) -> None:
        super().__init__()
        sizes = [latent_dim, *[width] * blocks]
        self.layers = nn.ModuleList(nn.Linear(inputs, width) for inputs, _ in pairwise(sizes))
        output = nn.Linear(width, math.prod(shape))
        self.output = nn.Sequential(output, nn.Unflatten(1, tuple(shape)))

    def forward(self, z: Tensor) -> Tensor:
        first, *others = self.layers
        x = first(z).relu()  # (m, width)
        for layer in others:
            x = x + layer(x).relu()
        return self.output(x)
