"""QMNIST: MNIST reconstructed, with 60,000 test images."""

from dataclasses import dataclass

from torchvision import datasets

from forger.data.idx import read_split
from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.data.published import Archive, obtain


@dataclass(kw_only=True, eq=False, repr=False)
class QMNIST(InMemory):
    """QMNIST (Yadav and Bottou 2019): 120,000 grey images of 28 x 28, downloaded.

    The training images match those of MNIST one by one, as do the first 10,000 of the 60,000 test
    images.
    root: where the archives are kept. validation_size: how many of the last training images are set
    apart.
    Raises ForgerError if nothing is left to train on, or if an archive is corrupt or cannot be
    downloaded.
    """

    validation_size: int

    def load(self) -> dict[str, Split]:
        train, test = (self.read(split) for split in ("train", "test"))
        kept, validation = hold_out(train, self.validation_size)
        return {"train": kept, "validation": validation, "test": test}

    def read(self, split: str) -> Split:
        archives = [
            Archive(url.rpartition("/")[2], (url,), md5)
            for url, md5 in datasets.QMNIST.resources[split]
        ]
        images, labels = obtain("QMNIST", archives, self.root / "QMNIST" / "raw")
        return read_split(images, labels)
