"""Distributions whose density is known, for seeing and for testing."""

import torch

from forger.data.memory import InMemory, Split
from forger.seeds import mix


class Gaussian1D(InMemory):
    """Points of N(mean, std), the data of the paper's figure 1; float32 (n, 1).

    size: training points; validation and test have as many again, each from their own draw.
    """

    def __init__(
        self,
        mean: float,
        std: float,
        size: int,
        shape: list[int],
        batch_size: int,
        per_iteration: int,
        seed: int,
    ) -> None:
        super().__init__(shape, batch_size, per_iteration, seed)
        self.mean, self.std, self.size = mean, std, size

    def load(self) -> dict[str, Split]:
        return {name: self.draw(i) for i, name in enumerate(("train", "validation", "test"))}

    def draw(self, split: int) -> Split:
        generator = torch.Generator().manual_seed(mix(self.seed, split))
        points = self.mean + self.std * torch.randn(self.size, 1, generator=generator)
        return Split(points, torch.zeros(self.size, dtype=torch.int64))
