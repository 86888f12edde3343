"""USPS: digits of postal codes."""

import bz2
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torchvision import datasets

from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.data.published import Archive, obtain


@dataclass(kw_only=True, eq=False, repr=False)
class USPS(InMemory):
    """USPS (Hull 1994): 9,298 grey images of 16 x 16, ten classes, downloaded.

    root: where the archives are kept. validation_size: how many of the last of the 7,291 training
    images are set apart.
    Raises ForgerError if nothing is left to train on, or if an archive is corrupt or cannot be
    downloaded.
    """

    validation_size: int

    def load(self) -> dict[str, Split]:
        published = datasets.USPS.split_list
        archives = [
            Archive(name, (url,), md5) for url, name, md5 in (published["train"], published["test"])
        ]
        train, test = map(read, obtain("USPS", archives, self.root / "USPS"))
        kept, validation = hold_out(train, self.validation_size)
        return {"train": kept, "validation": validation, "test": test}


def read(file: Path) -> Split:
    """The images and labels of a file in LIBSVM's format, a line each: `label index:value …`.

    Labels are from 1 on, values from -1 to 1.
    """
    with bz2.open(file, "rt") as lines:
        rows = [[float(word.partition(":")[2] or word) for word in line.split()] for line in lines]
    table = np.array(rows)  # (n, 257)
    # -1..1 -> 0..255, rounded down as torchvision does, and (n, 256) -> (n, 1, 16, 16).
    pixels = ((table[:, 1:].astype(np.float32) + 1) / 2 * 255).astype(np.uint8)
    images = torch.from_numpy(pixels.reshape(-1, 1, 16, 16))
    return Split(images, torch.from_numpy(table[:, 0].astype(np.int64) - 1))
