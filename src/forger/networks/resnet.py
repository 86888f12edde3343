"""Residual pair after Miyato et al. 2018 (appendix B.4), for images of 28 to 128 pixels."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from forger.checks import check_positive
from forger.networks.attention import SelfAttention
from forger.networks.dcgan import stages
from forger.networks.mlp import OUTPUTS, Output
from forger.networks.spectral_norm import spectral_norm as put_under_spectral_norm


class Up(nn.Module):
    """Twice the side: (m, inputs, s, s) to (m, outputs, 2 s, 2 s)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)])
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        # (m, outputs, 2 s, 2 s)
        h = self.first(interpolate(relu(self.norms[0](x)), scale_factor=2.0))
        # A 1 x 1 convolution gives the same before and after upsampling, at a quarter of the work.
        return self.second(relu(self.norms[1](h))) + interpolate(self.shortcut(x), scale_factor=2.0)


class Down(nn.Module):
    """Half the side: (m, inputs, 2 s, 2 s) to (m, outputs, s, s)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.second(relu(self.first(relu(x))))
        # (m, outputs, 2 s, 2 s) -> (m, outputs, s, s)
        return avg_pool2d(h, 2) + self.shortcut(avg_pool2d(x, 2))


class Generator(nn.Module):
    """Residual generator: latent vectors (m, latent_dim) to images (m, C, H, W).

    width: channels at full size; each block further in has twice as many. init_gain: weights start
    orthogonal, times it. attention: at half the size every place sees all others, see `attention`.
    output: last activation, see `mlp`. Checkpoints up to 0.1.0 do not say the last two. Raises
    ValueError as `dcgan.stages` does.
    """

    def __init__(
        self,
        latent_dim: int,
        shape: Sequence[int],
        width: int,
        init_gain: float,
        attention: bool = False,
        output: Output = "tanh",
    ) -> None:
        super().__init__()
        activation, self.value_range = OUTPUTS[output]
        check_positive(latent_dim=latent_dim, shape=shape, width=width)
        halvings, sides = stages(shape)
        channels = [width * 2**i for i in reversed(range(halvings + 1))]
        blocks = [Up(inputs, outputs) for inputs, outputs in pairwise(channels)]
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, channels[0] * math.prod(sides)),  # (m, channels h w)
            nn.Unflatten(1, (channels[0], *sides)),  # (m, channels, h, w)
            *blocks[:-1],
            *([SelfAttention(2 * width)] if attention else []),
            blocks[-1],  # (m, width, H, W)
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, shape[0], 3, padding=1),
            activation(),
        )
        initialise(self, init_gain)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """Residual discriminator: images (m, C, H, W) to logits (m,).

    width: channels at full size; each block further in has twice as many. spectral_norm: whether
    the largest singular value of each layer is held at 1 (Miyato et al. 2018, eq. 8). init_gain:
    weights start orthogonal, times it. attention: at half the size every place sees all others, see
    `attention`; checkpoints up to 0.1.0 do not say. Raises ValueError as `dcgan.stages` does.
    """

    def __init__(
        self,
        shape: Sequence[int],
        width: int,
        spectral_norm: bool,
        init_gain: float,
        attention: bool = False,
    ) -> None:
        super().__init__()
        check_positive(shape=shape, width=width)
        halvings, sides = stages(shape)
        channels = [width * 2**i for i in range(halvings + 1)]
        blocks = [Down(inputs, outputs) for inputs, outputs in pairwise(channels)]
        self.layers = nn.Sequential(
            nn.Conv2d(shape[0], width, 3, padding=1),
            blocks[0],
            *([SelfAttention(2 * width)] if attention else []),
            *blocks[1:],
            nn.ReLU(),
            nn.Flatten(),  # (m, channels h w)
            nn.Linear(channels[-1] * math.prod(sides), 1),
        )
        initialise(self, init_gain)
        if spectral_norm:
            put_under_spectral_norm(self)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)


def initialise(network: nn.Module, gain: float) -> None:
    """Weights orthogonal times gain, biases at 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.orthogonal_(layer.weight, gain)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
