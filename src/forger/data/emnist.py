"""EMNIST: handwritten letters and digits."""

from collections.abc import Mapping
from dataclasses import dataclass
from zipfile import Path as ZipPath

from torchvision import datasets

from forger.data.idx import read_split
from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.data.published import Archive, obtain
from forger.errors import ForgerError


@dataclass(kw_only=True, eq=False, repr=False)
class EMNIST(InMemory):
    """EMNIST (Cohen et al. 2017): grey images of 28 x 28, upright, downloaded once for all parts.

    part: one of the data set's parts; labels are from 0 on in each. parts: number of classes of
    each part. root: where the archive is kept. validation_size: how many of the last training
    images are set apart.
    Raises ForgerError if there is no such part, if nothing is left to train on, or if the archive
    is corrupt or cannot be downloaded.
    """

    part: str
    parts: Mapping[str, int]
    validation_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.part not in self.parts:
            raise ForgerError(f"data.part (={self.part}) must be one of {', '.join(self.parts)}")

    @property
    def first(self) -> int:
        """The first label in the files: letters are numbered from 1 on."""
        return int(self.part == "letters")

    def load(self) -> dict[str, Split]:
        published = datasets.EMNIST
        archive = Archive("gzip.zip", (published.url,), published.md5)
        (file,) = obtain("EMNIST", [archive], self.root / "EMNIST" / "raw")
        train, test = (self.read(ZipPath(file, "gzip/"), split) for split in ("train", "test"))
        train, validation = hold_out(train, self.validation_size)
        if self.class_names is None:
            # torchvision has a name for the label 0, which no letter has.
            self.class_names = published.classes_split_dict[self.part][self.first :]
        return {"train": train, "validation": validation, "test": test}

    def read(self, folder: ZipPath, split: str) -> Split:
        images, labels = (
            folder / f"emnist-{self.part}-{split}-{kind}-ubyte.gz"
            for kind in ("images-idx3", "labels-idx1")
        )
        # Rows and columns are exchanged in its files.
        found = read_split(images, labels, transpose=True)
        return Split(found.examples, found.labels - self.first)
