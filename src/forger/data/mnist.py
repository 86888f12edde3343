"""MNIST and the data sets in its format."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from torchvision import datasets
from torchvision.datasets.utils import check_integrity

from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.errors import ForgerError

SHIPPED = Path(__file__).parent / "archives"


@dataclass(kw_only=True, eq=False, repr=False)
class MNIST(InMemory):
    """70,000 images of 28 x 28, grey: MNIST (shipped), Fashion-MNIST or KMNIST (downloaded).

    dataset: torchvision's class of the data set. root: where downloaded archives are kept.
    validation_size: how many of the last training images are set apart; 10,000 leaves the 50,000
    of Goodfellow et al. 2014, 0 trains on all 60,000.
    Raises ForgerError, with the remedy, if an archive is corrupt or cannot be fetched.
    """

    dataset: type[datasets.MNIST]
    validation_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.validation_size < 60_000:
            raise ValueError(f"validation_size (={self.validation_size}) must be in 0..59999")
        name = self.dataset.__name__
        shipped = (SHIPPED / name).is_dir()
        self.archives = (SHIPPED if shipped else self.root) / name / "raw"

    def load(self) -> dict[str, Split]:
        """torchvision verifies and unpacks the archives each time, in a temporary folder.

        It takes half a second, and no half-unpacked or damaged file can outlive a run.
        """
        for archive, md5 in self.dataset.resources:
            file = self.archives / archive
            if file.exists() and not check_integrity(str(file), md5):
                raise ForgerError(
                    f"{file} is corrupt: its MD5 sum is not {md5}; put the original file there"
                )
        with TemporaryDirectory(prefix="forger-") as scratch:
            raw = Path(scratch, self.dataset.__name__, "raw")
            raw.mkdir(parents=True)
            for file in self.archives.glob("*.gz"):
                shutil.copy(file, raw)
            try:
                # It finds the copied archives, and downloads only those that are missing.
                train = self.dataset(scratch, train=True, download=True)
            except (RuntimeError, ConnectionError, TimeoutError) as error:
                raise ForgerError(
                    f"{self.dataset.__name__} is not in {self.archives} and could not be"
                    " downloaded: connect to the internet, or put its four .gz files there"
                ) from error
            test = self.dataset(scratch, train=False)
            self.keep(raw)
        # (n, 28, 28) -> (n, 1, 28, 28).
        both, tested = (Split(part.data.unsqueeze(1), part.targets) for part in (train, test))
        kept, validation = hold_out(both, self.validation_size)
        return {"train": kept, "validation": validation, "test": tested}

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
