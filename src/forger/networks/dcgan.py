"""Convolutional pair after DCGAN (Radford et al. 2016), for images of 28 to 128 pixels."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from forger.checks import check_positive
from forger.networks.mlp import OUTPUTS, Output


def stages(shape: Sequence[int]) -> tuple[int, tuple[int, int]]:
    """How often the sides of a (C, H, W) image halve, and what is left of them.

    Both halve together until the shorter one is at most 7 pixels. Raises ValueError for images
    whose sides do not halve that far, or not once.
    """
    sides, halvings = list(shape[1:]), 0
    # 4 to 7 pixels are left for the linear layer, as in DCGAN, which has 4.
    while min(sides, default=0) > 7 and all(side % 2 == 0 for side in sides):
        sides, halvings = [side // 2 for side in sides], halvings + 1
    if len(sides) != 2 or not 4 <= min(sides) <= 7 or halvings == 0:
        raise ValueError(
            f"shape (={list(shape)}) must be [channels, height, width] with sides that halve"
            " together until the shorter has 4..7 pixels, such as 28 x 28, 28 x 20, 32 x 64; for"
            " others give generator=mlp discriminator=mlp"
        )
    return halvings, (sides[0], sides[1])


def up_to_half(latent_dim: int, shape: Sequence[int], width: int) -> list[nn.Module]:
    """Layers from latent vectors (m, latent_dim) to features (m, width, H / 2, W / 2).

    Each layer further in has twice as many channels. Raises ValueError as `stages` does.
    """
    halvings, sides = stages(shape)
    # Most channels at the smallest sides.
    channels = [width * 2**i for i in reversed(range(halvings))]
    layers: list[nn.Module] = [
        # (m, latent_dim) -> (m, channels h w)
        nn.Linear(latent_dim, channels[0] * math.prod(sides), bias=False),
        nn.Unflatten(1, (channels[0], *sides)),  # (m, channels, h, w)
        nn.BatchNorm2d(channels[0]),
        nn.ReLU(),
    ]
    for inputs, outputs in pairwise(channels):
        layers += [
            nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False),  # sides double
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return layers


def initialise(module: nn.Module, std: float) -> None:
    """Weights from N(0, std), scales of batch normalisation from N(1, std)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, std)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, std)


class Generator(nn.Module):
    """DCGAN's generator: latent vectors (m, latent_dim) to images (m, C, H, W).

    width: channels of the layer next to the image; each layer further in has twice as many.
    init_std: standard deviation of the initial weights. output: last activation, see `mlp`;
    checkpoints up to 0.1.0 do not say. Raises ValueError as `stages` does.
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
            nn.ConvTranspose2d(width, shape[0], 4, stride=2, padding=1),  # (m, C, H, W)
            activation(),
        )
        initialise(self, init_std)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """DCGAN's discriminator: images (m, C, H, W) to logits (m,).

    width: channels of the layer next to the image; each layer further in has twice as many.
    batch_norm: whether all convolutions but the first are normalised, as in DCGAN; turn it off with
    gradient penalties, which need each logit to depend on its own example alone. init_std: standard
    deviation of the initial weights. Raises ValueError as `stages` does.
    """

    def __init__(self, shape: Sequence[int], width: int, batch_norm: bool, init_std: float) -> None:
        super().__init__()
        check_positive(shape=shape, width=width)
        halvings, sides = stages(shape)
        channels = [width * 2**i for i in range(halvings)]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([shape[0], *channels]):
            # Batch normalisation has a bias of its own, so the convolution before it has none.
            normalised = batch_norm and len(layers) > 0
            # Sides halve.
            layers.append(nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=not normalised))
            if normalised:
                layers.append(nn.BatchNorm2d(outputs))
            layers.append(nn.LeakyReLU(0.2))
        # (m, channels, h, w) -> (m, channels h w) -> (m, 1)
        self.layers = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(channels[-1] * math.prod(sides), 1)
        )
        initialise(self, init_std)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)  # (m, 1) -> (m,)
