"""A data set: it lies in memory, and Forger makes the minibatches."""

import math
from dataclasses import dataclass

import torch

from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.seeds import derive_seed


@dataclass(kw_only=True, eq=False, repr=False)
class Moons(InMemory):
    """Two half moons that interlock; labels say which of them a point is of.

    size: points in each split. noise: standard deviation around the moons.
    """

    size: int
    noise: float

    def load(self) -> dict[str, Split]:
        """Read your files here: points, float32 (n, d), or images, uint8 (n, C, H, W)."""
        return {name: self.draw(i) for i, name in enumerate(("train", "validation", "test"))}

    def draw(self, split: int) -> Split:
        generator = torch.Generator().manual_seed(derive_seed(self.seed, split))
        labels = torch.randint(2, (self.size,), generator=generator)
        angle = math.pi * (torch.rand(self.size, generator=generator) + labels)
        points = torch.stack([angle.cos() + labels - 0.5, angle.sin() + labels / 2 - 0.25], 1)
        noise = self.noise * torch.randn(self.size, 2, generator=generator)
        return Split(points + noise, labels)
