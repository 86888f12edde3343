"""A GAN on a line whose densities are known: what it makes, and what it should make."""

from typing import Any

from torch import Tensor, nn

from forger.gan import GAN
from tiny import make_gan

MEAN, STD = 0.8, 0.5


class Identity(nn.Module):
    """G(z) = z: samples of N(0, 1)."""

    value_range = None

    def forward(self, z: Tensor) -> Tensor:
        return z


class LogRatio(nn.Module):
    """The best discriminator for data of N(MEAN, STD^2): log p_data / p_g, up to a constant."""

    def forward(self, x: Tensor) -> Tensor:
        return (x.square() / 2 - ((x - MEAN) / STD).square() / 2).squeeze(1) + 3.0


class Shifted(Identity):
    """G(z, y) = z + y, told one of three classes."""

    classes = 3

    def forward(self, z: Tensor, label: Tensor) -> Tensor:  # pyright: ignore
        return z + label[:, None]


class ShiftedRatio(LogRatio):
    """log p_data / p_g where the data of class y are N(MEAN + y, STD^2)."""

    classes = 3

    def forward(self, x: Tensor, label: Tensor) -> Tensor:  # pyright: ignore
        return super().forward(x - label[:, None])


def known_gan(**settings: Any) -> GAN:
    networks = {"generator": Identity(), "discriminator": LogRatio()}
    return make_gan(**(networks | {"latent_dim": 1} | settings)).eval()


def conditional_gan() -> GAN:
    return known_gan(generator=Shifted(), discriminator=ShiftedRatio())
