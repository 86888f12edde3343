"""A model: Algorithm 1 with one thing changed."""

from typing import Any

import torch
from torch import Tensor

from forger.gan import GAN


class NoisyGAN(GAN):
    """The discriminator sees all examples through noise that fades (Sonderby et al. 2017).

    noise: standard deviation at the first update. noise_updates: updates until there is none.
    """

    def __init__(self, *parts: Any, noise: float, noise_updates: int, **settings: Any) -> None:
        super().__init__(*parts, **settings)
        self.noise_std = noise
        self.noise_updates = noise_updates

    def outputs(self, x: Tensor, label: Tensor) -> dict[str, Tensor]:
        std = self.noise_std * max(0.0, 1 - self.global_step / self.noise_updates)
        return super().outputs(x + std * torch.randn_like(x), label)
