"""Stacked MNIST, for counting modes."""

import math
from dataclasses import dataclass

import torch

from forger.checks import check_positive, fits_memory
from forger.data.minibatches import Split
from forger.data.mnist import MNIST
from forger.seeds import derive_seed


@dataclass(kw_only=True, eq=False, repr=False)
class StackedMNIST(MNIST):
    """Random digits as the channels of an image; three make 1,000 modes (Metz et al. 2017).

    shape: shape of one example, with as many channels as digits. Label 100 a + 10 b + c for digits
    a, b, c, the first channel first. triples: number of training images, fixed; 128,000 in VEEGAN
    and PacGAN. held_out: validation and test images each, out of the digits of these splits. Other
    settings are those of `MNIST`.
    Raises ValueError for a count below 1, and ForgerError as `MNIST` does.
    """

    triples: int
    held_out: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(triples=self.triples, held_out=self.held_out)
        # Two splits, as indices of digits and as bytes.
        size = 8 * math.prod(self.shape) + 8 * self.shape[0]
        fits_memory(f"data.triples (={self.triples})", self.triples * size)
        fits_memory(f"data.held_out (={self.held_out})", self.held_out * size)
        self.counts = {"train": self.triples, "validation": self.held_out, "test": self.held_out}

    def load(self) -> dict[str, Split]:
        splits = super().load().items()
        return {name: self.stack(digits, name, i) for i, (name, digits) in enumerate(splits)}

    def stack(self, digits: Split, name: str, number: int) -> Split:
        channels, count = self.shape[0], self.counts[name] if len(digits.labels) else 0
        generator = torch.Generator().manual_seed(derive_seed(self.seed, number))
        highest = max(1, len(digits.labels))  # randint refuses an empty range
        # (count, channels), indices of digits.
        picks = torch.randint(highest, (count, channels), generator=generator)
        places = 10 ** torch.arange(channels - 1, -1, -1)  # (channels,): 100, 10, 1
        # (count, channels, 28, 28) and (count,).
        return Split(digits.examples.squeeze(1)[picks], (digits.labels[picks] * places).sum(1))
