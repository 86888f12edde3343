"""The generator of StyleGAN2 (Karras et al. 2020, section 2 and figure 7), for 28 to 128 pixels.

z is mapped to a style w, which scales the channels of every convolution. Not here: noise of single
pixels, so that z alone decides an image, and the mixing of styles.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, leaky_relu, linear

from forger.checks import check_positive
from forger.networks.dcgan import stages

# The rate of the mapping network, where that of the rest is 1 (Karras et al. 2019, appendix C).
MAPPING_RATE = 0.01


class EqualisedLinear(nn.Module):
    """A linear layer whose weights are divided by the square root of their inputs in each use.

    All layers then learn at one speed (Karras et al. 2018, section 4.1), `rate` times that of the
    optimizer: weights start from N(0, 1 / rate^2) and count `rate` times, and so do biases.
    (m, inputs) to (m, outputs).
    """

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        scale = self.rate / math.sqrt(self.weight.shape[1])
        return linear(x, self.weight * scale, self.bias * self.rate)


class Mapping(nn.Module):
    """z (m, latent_dim), scaled to a mean square of 1, to styles w of the same shape."""

    def __init__(self, latent_dim: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            EqualisedLinear(latent_dim, latent_dim, rate=MAPPING_RATE) for _ in range(layers)
        )

    def forward(self, z: Tensor) -> Tensor:
        w = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.layers:
            w = activate(layer(w))
        return w


class ModulatedConvolution(nn.Module):
    """A convolution whose input channels are scaled by a style (Karras et al. 2020, eq. 1 and 3).

    Demodulated, each output channel has the variance of the input again. Features
    (m, inputs, H, W) and styles w (m, latent_dim) to (m, outputs, H, W).
    """

    def __init__(
        self, inputs: int, outputs: int, size: int, latent_dim: int, demodulate: bool
    ) -> None:
        super().__init__()
        self.style = EqualisedLinear(latent_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs, 1, 1))
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        weight = self.weight / math.sqrt(self.weight[0].numel())
        style = self.style(w)  # (m, inputs)
        # Scaled features in place of scaled weights: the same values by one convolution for all.
        x = conv2d(x * style[:, :, None, None], weight, padding=weight.shape[-1] // 2)
        if self.demodulate:
            norms = style.square() @ weight.square().sum((2, 3)).T  # (m, outputs)
            x = x * (norms + 1e-8).rsqrt()[:, :, None, None]
        return x + self.bias


class Stage(nn.Module):
    """Twice the sides: features (m, inputs, H, W) to (m, outputs, 2 H, 2 W), added to the image."""

    def __init__(self, inputs: int, outputs: int, image_channels: int, latent_dim: int) -> None:
        super().__init__()
        self.first = ModulatedConvolution(inputs, outputs, 3, latent_dim, demodulate=True)
        self.second = ModulatedConvolution(outputs, outputs, 3, latent_dim, demodulate=True)
        self.to_image = ModulatedConvolution(outputs, image_channels, 1, latent_dim, False)

    def forward(self, x: Tensor, image: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        x = activate(self.first(upsample(x), w))
        x = activate(self.second(x, w))
        # (m, outputs, 2 H, 2 W) and (m, image_channels, 2 H, 2 W)
        return x, upsample(image) + self.to_image(x, w)


class Generator(nn.Module):
    """StyleGAN2's generator: latent vectors (m, latent_dim) to images (m, C, H, W).

    Its last layer is linear, as in the paper. output: "clipped" for images, whose values outside
    [-1, 1] are clipped in pictures, "identity" for floats; checkpoints up to 0.1.0 do not say.
    width: channels at full size; each stage further in has twice as many. mapping_layers: number of
    layers from z to w. Raises ValueError as `dcgan.stages` does.
    """

    def __init__(
        self,
        latent_dim: int,
        shape: Sequence[int],
        width: int,
        mapping_layers: int,
        output: Literal["clipped", "identity"] = "clipped",
    ) -> None:
        super().__init__()
        self.value_range = (-1.0, 1.0) if output == "clipped" else None
        check_positive(
            latent_dim=latent_dim, shape=shape, width=width, mapping_layers=mapping_layers
        )
        halvings, sides = stages(shape)
        channels = [width * 2**i for i in reversed(range(halvings + 1))]
        self.mapping = Mapping(latent_dim, mapping_layers)
        self.constant = nn.Parameter(torch.randn(channels[0], *sides))
        self.first = ModulatedConvolution(channels[0], channels[0], 3, latent_dim, demodulate=True)
        self.to_image = ModulatedConvolution(channels[0], shape[0], 1, latent_dim, False)
        self.stages = nn.ModuleList(
            Stage(inputs, outputs, shape[0], latent_dim) for inputs, outputs in pairwise(channels)
        )

    def forward(self, z: Tensor) -> Tensor:
        w = self.mapping(z)
        # (channels, h, w) -> (m, channels, h, w)
        x = activate(self.first(self.constant.expand(z.shape[0], -1, -1, -1), w))
        image = self.to_image(x, w)
        for stage in self.stages:
            x, image = stage(x, image, w)
        return image


def activate(x: Tensor) -> Tensor:
    """A leaky rectifier, times the square root of 2, which keeps the variance; any shape."""
    return leaky_relu(x, 0.2) * math.sqrt(2)


def upsample(x: Tensor) -> Tensor:
    """(m, channels, H, W) to (m, channels, 2 H, 2 W), bilinearly."""
    return interpolate(x, scale_factor=2.0, mode="bilinear")
