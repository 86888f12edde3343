"""Convolutional pair for pictures with fine edges, cheap on a CPU: 28 to 128 pixels.

At full size nothing is computed. The layers next to the image work at half its side, on 2 x 2
pixels as four channels: sub-pixel convolution, Shi et al. 2016, section 3.2.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from forger.checks import check_positive
from forger.networks.dcgan import initialise, stages, up_to_half
from forger.networks.mlp import OUTPUTS, Output


class Generator(nn.Module):
    """Subpixel generator: latent vectors (m, latent_dim) to images (m, C, H, W).

    width: channels at half the side; each layer further in has twice as many. init_std: standard
    deviation of the initial weights. output: last activation, see `mlp`; checkpoints up to 0.1.0 do
    not say. Raises ValueError as `dcgan.stages` does.
    """

    def __init__(
        self,
        latent_dim: int,
        shape: Sequence[int],
        width: int,
        init_std: float,
        output: Output = "tanh",
    ) -> None:
        super().__init__()
        activation, self.value_range = OUTPUTS[output]
        check_positive(latent_dim=latent_dim, shape=shape, width=width)
        self.layers = nn.Sequential(
            *up_to_half(latent_dim, shape, width),
            nn.Conv2d(width, width, 3, padding=1, bias=False),  # no bias before batch normalisation
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * shape[0], 3, padding=1),  # (m, 4 C, H / 2, W / 2)
            nn.PixelShuffle(2),  # (m, C, H, W)
            activation(),
        )
        initialise(self, init_std)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """Subpixel discriminator: images (m, C, H, W) to logits (m,), without batch normalisation.

    width: channels at half the side; each layer further in has twice as many. init_std: standard
    deviation of the initial weights. Raises ValueError as `dcgan.stages` does.
    """

    def __init__(self, shape: Sequence[int], width: int, init_std: float) -> None:
        super().__init__()
        check_positive(shape=shape, width=width)
        halvings, sides = stages(shape)
        channels = [width * 2**i for i in range(halvings)]
        layers: list[nn.Module] = [
            nn.PixelUnshuffle(2),  # (m, C, H, W) -> (m, 4 C, H / 2, W / 2)
            nn.Conv2d(4 * shape[0], width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.LeakyReLU(0.2),
        ]
        for inputs, outputs in pairwise(channels):
            # Sides halve.
            layers += [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        # (m, channels, h, w) -> (m, channels h w) -> (m, 1)
        self.layers = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(channels[-1] * math.prod(sides), 1)
        )
        initialise(self, init_std)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)
