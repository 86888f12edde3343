"""Handwritten digits of 8 x 8 pixels, which come with Forger."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split

FILE = Path(__file__).parent / "archives" / "digits8" / "digits.csv.gz"


@dataclass(kw_only=True, eq=False, repr=False)
class Digits8(InMemory):
    """1,797 images of 8 x 8, grey, ten classes: Alpaydin and Kaynak 1998, as in scikit-learn.

    test_size, validation_size: how many of the last images, and of those before them, are set
    apart. Raises ForgerError for a negative number, and if they leave none to train on.
    """

    validation_size: int
    test_size: int

    def load(self) -> dict[str, Split]:
        table = np.loadtxt(FILE, dtype=np.uint8, delimiter=",")  # (1797, 65)
        # 0..16 -> 0..255, and (n, 64) -> (n, 1, 8, 8).
        pixels = np.rint(table[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
        images, labels = torch.from_numpy(pixels), torch.from_numpy(table[:, -1].astype(np.int64))
        kept, test = hold_out(Split(images, labels), self.test_size, "test_size")
        train, validation = hold_out(kept, self.validation_size)
        return {"train": train, "validation": validation, "test": test}
