"""MNIST and the data sets in its format."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import torch

from forger.data.idx import read_idx
from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.errors import ForgerError

if TYPE_CHECKING:
    from torchvision import datasets

SHIPPED = Path(__file__).parent / "archives"
# The archives of MNIST and their MD5 sums: images and labels of the training and of the test set.
ARCHIVES = (
    ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
    ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
    ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
    ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
)


@dataclass(kw_only=True, eq=False, repr=False)
class MNIST(InMemory):
    """70,000 images of 28 x 28, grey: MNIST (shipped), Fashion-MNIST or KMNIST (downloaded).

    dataset: torchvision's class of a data set to download; None for MNIST. root: where downloaded
    archives are kept. validation_size: how many of the last training images are set apart; 10,000
    leaves the 50,000 of Goodfellow et al. 2014, 0 trains on all 60,000.
    Raises ForgerError, with the remedy, if an archive is corrupt or cannot be fetched.
    """

    dataset: "type[datasets.MNIST] | None"
    validation_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.validation_size < 60_000:
            raise ValueError(f"validation_size (={self.validation_size}) must be in 0..59999")
        name = self.dataset.__name__ if self.dataset else "MNIST"
        shipped = (SHIPPED / name).is_dir()
        self.archives = (SHIPPED if shipped else self.root) / name / "raw"

    def load(self) -> dict[str, Split]:
        both, tested = self.download(self.dataset) if self.dataset else self.read()
        kept, validation = hold_out(both, self.validation_size)
        return {"train": kept, "validation": validation, "test": tested}

    def read(self) -> list[Split]:
        """The training and the test set of MNIST.

        They are read without torchvision, whose import takes longer than all else before a run.
        """
        self.check(ARCHIVES)
        files = [self.archives / archive for archive, _ in ARCHIVES]
        if not all(file.exists() for file in files):
            raise ForgerError(
                f"MNIST is not in {self.archives}: install Forger again, or put its four .gz files"
                " there"
            )
        images, labels, *test = (torch.from_numpy(read_idx(file)) for file in files)
        # (n, 28, 28) -> (n, 1, 28, 28).
        return [Split(x[:, None], y.long()) for x, y in ((images, labels), test)]

    def check(self, archives: Iterable[tuple[str, str]]) -> None:
        """Raises ForgerError if an archive that is there has another MD5 sum."""
        for archive, md5 in archives:
            file = self.archives / archive
            if file.exists() and hashlib.md5(file.read_bytes()).hexdigest() != md5:
                raise ForgerError(
                    f"{file} is corrupt: its MD5 sum is not {md5}; put the original file there"
                )

    def download(self, dataset: "type[datasets.MNIST]") -> list[Split]:
        """The training and the test set by torchvision, which fetches archives that are missing.

        It verifies and unpacks the archives each time, in a temporary folder. It takes half a
        second, and no half-unpacked or damaged file can outlive a run.
        """
        self.check(dataset.resources)
        with TemporaryDirectory(prefix="forger-") as scratch:
            raw = Path(scratch, dataset.__name__, "raw")
            raw.mkdir(parents=True)
            for file in self.archives.glob("*.gz"):
                shutil.copy(file, raw)
            try:
                # It finds the copied archives, and downloads only those that are missing.
                train = dataset(scratch, train=True, download=True)
            except (RuntimeError, ConnectionError, TimeoutError) as error:
                raise ForgerError(
                    f"{dataset.__name__} is not in {self.archives} and could not be"
                    " downloaded: connect to the internet, or put its four .gz files there"
                ) from error
            test = dataset(scratch, train=False)
            self.keep(raw)
        # (n, 28, 28) -> (n, 1, 28, 28).
        return [Split(part.data.unsqueeze(1), part.targets) for part in (train, test)]

    def keep(self, raw: Path) -> None:
        """Archives just downloaded go to the data root, each one whole or not at all."""
        for file in raw.glob("*.gz"):
            target = self.archives / file.name
            if not target.exists():
                self.archives.mkdir(parents=True, exist_ok=True)
                partial = target.with_suffix(f".{uuid4().hex}")
                # Under another name first: other processes must not see half a file.
                shutil.copy(file, partial)
                partial.replace(target)
