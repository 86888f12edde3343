"""Both networks: any modules of torch, here with layers that add to what they are given."""

import math
from collections.abc import Sequence

from torch import Tensor, nn


class Residual(nn.Module):
    """A layer whose result is added to its input: (m, width) -> (m, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layer(x).relu()


class Generator(nn.Module):
    """Latent vectors (m, latent_dim) to points (m, *shape).

    width: units of each layer. blocks: number of residual blocks.
    """

    # Of images it is the range of the last activation, such as (-1.0, 1.0) of a tanh.
    value_range = None

    def __init__(self, latent_dim: int, shape: Sequence[int], width: int, blocks: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, width),
            nn.ReLU(),
            *(Residual(width) for _ in range(blocks)),
            nn.Linear(width, math.prod(shape)),
            nn.Unflatten(1, tuple(shape)),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """Points (m, *shape) to logits (m,): D(x) = sigmoid(logit) is the probability of real.

    width: units of each layer. blocks: number of residual blocks.
    """

    def __init__(self, shape: Sequence[int], width: int, blocks: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(shape), width),
            nn.ReLU(),
            *(Residual(width) for _ in range(blocks)),
            nn.Linear(width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)
