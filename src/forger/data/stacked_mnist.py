"""Stacked MNIST, for counting modes."""

import math
from collections.abc import Sequence

import torch
from torchvision import datasets

from forger.checks import check_positive, fits_memory
from forger.data.memory import Split
from forger.data.mnist import MNIST
from forger.seeds import derive_seed


class StackedMNIST(MNIST):
    """Random digits as the channels of an image; three make 1,000 modes (Metz et al. 2017).

    shape: as many channels as digits. Label 100 a + 10 b + c for digits a, b, c, the first channel
    first. triples: training images, fixed; 128,000 in VEEGAN and PacGAN. held_out: validation and
    test images each, out of the digits of these splits. Other settings are those of `MNIST`.
    Raises ValueError for a count below 1, and ForgerError as `MNIST` does.
    """

    def __init__(
        self,
        triples: int,
        held_out: int,
        dataset: type[datasets.MNIST],
        root: str,
        validation_size: int,
        shape: Sequence[int],
        batch_size: int,
        per_iteration: int,
        seed: int,
        evaluator: str | None,
        classes: int | None,
    ) -> None:
        super().__init__(
            dataset,
            root,
            validation_size,
            shape,
            batch_size,
            per_iteration,
            seed,
            evaluator,
            classes,
        )
        check_positive(triples=triples, held_out=held_out)
        # Two splits, as indices of digits and as bytes.
        size = 8 * math.prod(shape) + 8 * shape[0]
        fits_memory(f"data.triples (={triples})", triples * size)
        fits_memory(f"data.held_out (={held_out})", held_out * size)
        self.counts = {"train": triples, "validation": held_out, "test": held_out}

    def load(self) -> dict[str, Split]:
        splits = super().load().items()
        return {name: self.stack(digits, name, i) for i, (name, digits) in enumerate(splits)}

    def stack(self, digits: Split, name: str, number: int) -> Split:
        channels, count = self.shape[0], self.counts[name] if len(digits.labels) else 0
        generator = torch.Generator().manual_seed(derive_seed(self.seed, number))
        highest = max(1, len(digits.labels))
        picks = torch.randint(highest, (count, channels), generator=generator)
        places = 10 ** torch.arange(channels - 1, -1, -1)
        return Split(digits.examples.squeeze(1)[picks], (digits.labels[picks] * places).sum(1))
