"""The pair of R3GAN (Huang et al. 2024, section 3), without normalisation: for 28 to 128 pixels.

Residual blocks of a 1 x 1, a grouped 3 x 3 and a 1 x 1 convolution, with fix-up initialisation.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu

from forger.checks import check_positive
from forger.networks.dcgan import stages

# Keeps the variance through a leaky rectifier of slope 0.2 (He et al. 2015, eq. 15).
GAIN = math.sqrt(2 / (1 + 0.2**2))


class BiasedActivation(nn.Module):
    """A learned bias for each channel, then a leaky rectifier: (m, channels, H, W) to the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))  # broadcast over (m, channels, H, W)

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(x + self.bias, 0.2)


class Residual(nn.Module):
    """Features (m, channels, H, W) plus what three convolutions make of them; at first, nothing.

    expansion: channels of the middle convolution for each outside. group_width: of these, how many
    see each other. blocks: residual blocks in the whole network, by whose number the first two
    convolutions start smaller, the last at 0 (Zhang et al. 2019, Fixup, section 3).
    Raises ValueError unless the groups come out even.
    """

    def __init__(self, channels: int, expansion: int, group_width: int, blocks: int) -> None:
        super().__init__()
        inner = channels * expansion
        if inner % group_width:
            raise ValueError(
                f"group_width (={group_width}) must divide width times expansion, {inner} channels"
                " in the layers next to the image"
            )
        groups = inner // group_width
        # (m, channels, H, W) -> (m, inner, H, W) -> the same -> (m, channels, H, W)
        first = nn.Conv2d(channels, inner, 1, bias=False)
        middle = nn.Conv2d(inner, inner, 3, padding=1, groups=groups, bias=False)
        last = nn.Conv2d(inner, channels, 1, bias=False)
        # Of three convolutions in a block: blocks ** (-1 / (2 * 3 - 2)).
        for layer in (first, middle):
            initialise(layer, GAIN * blocks**-0.25)
        # With its last layer at 0 each block is the identity at first.
        nn.init.zeros_(last.weight)
        self.layers = nn.Sequential(
            first, BiasedActivation(inner), middle, BiasedActivation(inner), last
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Up(nn.Module):
    """Twice the sides: (m, inputs, H, W) to (m, outputs, 2 H, 2 W), bilinearly."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = initialise(nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        # The 1 x 1 convolution comes first, at a quarter of the work.
        return interpolate(self.layer(x), scale_factor=2.0, mode="bilinear")


class Down(nn.Module):
    """Half the sides: (m, inputs, 2 H, 2 W) to (m, outputs, H, W), by means of 2 x 2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = initialise(nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(avg_pool2d(x, 2))  # the pooling comes first, for the same reason


class Basis(nn.Module):
    """Latent vectors (m, latent_dim) to features (m, channels, H, W): learned pictures, scaled."""

    def __init__(self, latent_dim: int, channels: int, sides: Sequence[int]) -> None:
        super().__init__()
        self.basis = nn.Parameter(torch.randn(channels, *sides))
        self.layer = initialise(nn.Linear(latent_dim, channels, bias=False))

    def forward(self, z: Tensor) -> Tensor:
        # (m, channels) -> (m, channels, 1, 1) -> (m, channels, H, W)
        return self.basis * self.layer(z)[:, :, None, None]


class Generator(nn.Module):
    """R3GAN's generator: latent vectors (m, latent_dim) to images (m, C, H, W).

    Its last layer is linear, as in the paper. output: "clipped" for images, whose values outside
    [-1, 1] are clipped in pictures, "identity" for floats; checkpoints up to 0.1.0 do not say.
    width: channels at full size; each stage further in has twice as many. blocks: residual blocks
    at each size. expansion, group_width: see `Residual`. Raises ValueError as it and
    `dcgan.stages` do.
    """

    def __init__(
        self,
        latent_dim: int,
        shape: Sequence[int],
        width: int,
        blocks: int,
        expansion: int,
        group_width: int,
        output: Literal["clipped", "identity"] = "clipped",
    ) -> None:
        super().__init__()
        self.value_range = (-1.0, 1.0) if output == "clipped" else None
        check_positive(latent_dim=latent_dim, shape=shape, width=width, blocks=blocks)
        check_positive(expansion=expansion, group_width=group_width)
        halvings, sides = stages(shape)
        channels = [width * 2**i for i in reversed(range(halvings + 1))]
        total = blocks * len(channels)

        def stage(n: int) -> list[nn.Module]:
            return [Residual(n, expansion, group_width, total) for _ in range(blocks)]

        layers = [Basis(latent_dim, channels[0], sides), *stage(channels[0])]
        for inputs, outputs in pairwise(channels):
            layers += [Up(inputs, outputs), *stage(outputs)]
        layers.append(initialise(nn.Conv2d(width, shape[0], 1, bias=False)))
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """R3GAN's discriminator: images (m, C, H, W) to logits (m,), without batch normalisation.

    width, blocks, expansion, group_width: as of the generator.
    """

    def __init__(
        self, shape: Sequence[int], width: int, blocks: int, expansion: int, group_width: int
    ) -> None:
        super().__init__()
        check_positive(shape=shape, width=width, blocks=blocks)
        check_positive(expansion=expansion, group_width=group_width)
        halvings, sides = stages(shape)
        channels = [width * 2**i for i in range(halvings + 1)]
        total = blocks * len(channels)

        def stage(n: int) -> list[nn.Module]:
            return [Residual(n, expansion, group_width, total) for _ in range(blocks)]

        layers = [initialise(nn.Conv2d(shape[0], width, 1, bias=False)), *stage(width)]
        for inputs, outputs in pairwise(channels):
            layers += [Down(inputs, outputs), *stage(outputs)]
        last = channels[-1]
        # Each channel has a learned picture of its own, see `Basis`:
        # (m, last, h, w) -> (m, last, 1, 1).
        basis = initialise(nn.Conv2d(last, last, sides, groups=last, bias=False))
        self.layers = nn.Sequential(
            *layers, basis, nn.Flatten(), initialise(nn.Linear(last, 1, bias=False))
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)


def initialise(layer: nn.Conv2d | nn.Linear, gain: float = 1.0) -> nn.Module:
    """The layer itself, its weights from N(0, gain^2 / inputs of a unit)."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    return layer
