"""Images and labels in IDX files, the format of MNIST."""

import gzip
import math
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from forger.checks import memory
from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.errors import ForgerError

# The third byte of a file, and the type of its numbers, of which the highest byte comes first.
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
# A file, or one in a .zip archive.
Readable = Path | zipfile.Path
SPLITS = {"t10k": "test", "test": "test", "val": "validation", "validation": "validation"}


@dataclass(kw_only=True, eq=False, repr=False)
class IDX(InMemory):
    """Grey images in the IDX files of a folder and its sub-folders, packed by gzip or not.

    Files are recognised by their content: images by three dimensions, labels by one. A file with
    the word t10k, test, val or validation in its name, or in that of its folder, is of that split,
    any other of the training split.
    folder: the folder. transpose: whether rows and columns of the images are exchanged, as in the
    files of EMNIST. validation_size: how many of the last training images are set apart, if no
    files are of that split.
    Raises ForgerError if a split has images in several files, or labels of another number.
    """

    folder: Path
    transpose: bool
    validation_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self.folder = Path(self.folder).expanduser()

    def load(self) -> dict[str, Split]:
        found: dict[tuple[str, int], Path] = {}
        for file in sorted(self.folder.rglob("*")):
            dimensions = count_dimensions(file)
            # torchvision leaves an archive beside the file that it was packed from.
            if dimensions not in (1, 3) or (file.suffix == ".gz" and file.with_suffix("").exists()):
                continue
            # Of the file, or of the folder that it lies in.
            words = re.split(r"[^a-z0-9]+", str(file.relative_to(self.folder)).lower())
            name = next((split for part, split in SPLITS.items() if part in words), "train")
            if (other := found.setdefault((name, dimensions), file)) != file:
                what = "images" if dimensions == 3 else "labels"
                raise ForgerError(
                    f"{other} and {file} both have {what} of the {name} split: move one elsewhere"
                )
        if ("train", 3) not in found:
            raise ForgerError(
                f"data.folder (={self.folder}) has no IDX file to train on: give data.folder=PATH"
            )
        splits = {
            name: self.split(found.get((name, 3)), found.get((name, 1)))
            for name in ("train", "validation", "test")
        }
        if not len(splits["validation"].labels):
            splits["train"], splits["validation"] = hold_out(splits["train"], self.validation_size)
        return splits

    def split(self, images: Path | None, labels: Path | None) -> Split:
        """The images of a file, (n, 1, H, W), and the labels of another; 0 without."""
        if images is None:
            return Split(torch.zeros(0, *self.shape, dtype=torch.uint8), torch.zeros(0).long())
        return read_split(images, labels, self.transpose)


def read_split(images: Readable, labels: Readable | None, transpose: bool = False) -> Split:
    """The images of a file, (n, 1, H, W), and the labels of another; 0 without.

    transpose: whether rows and columns are exchanged. Of labels with several numbers, as in QMNIST,
    the first is the class.
    Raises ForgerError for other pixels than bytes, or another number of labels.
    """
    pixels = read_idx(images)  # (n, H, W)
    if pixels.dtype != np.uint8:
        raise ForgerError(f"{images} has pixels of {pixels.dtype}: give bytes, 0 to 255")
    if transpose:
        pixels = pixels.transpose(0, 2, 1)
    classes = np.zeros(len(pixels)) if labels is None else read_idx(labels)
    if len(classes) != len(pixels):
        raise ForgerError(
            f"{images} has {len(pixels)} images, but {labels} {len(classes)}: give both of one"
            " data set"
        )
    examples = torch.from_numpy(np.ascontiguousarray(pixels[:, None]))
    # (n, columns) -> (n,).
    first = classes[:, 0] if classes.ndim > 1 else classes
    return Split(examples, torch.from_numpy(first.astype(np.int64)))


def unpack(file: Readable, size: int = -1) -> bytes:
    """The first bytes of a file, -1 for all, unpacked if it is an archive of gzip's."""
    with file.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not packed:
            return raw.read(size)
        with gzip.open(raw) as content:
            return content.read(size)


def count_dimensions(file: Path) -> int:
    """The number of dimensions of an IDX file; 0 for any other file."""
    try:
        start = unpack(file, 4)
    except (OSError, EOFError, zlib.error):
        return 0
    return start[3] if len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES else 0


def read_idx(file: Readable) -> np.ndarray:
    """The array in an IDX file, of the shape that the file states.

    Raises ForgerError if it has more or fewer numbers than that, or states more than fit in memory.
    """
    try:
        # Enough for the sizes of all dimensions, of which a byte has the number.
        head = unpack(file, 4 + 4 * 255)
        first = 4 + 4 * head[3]
        if len(head) < first:
            raise EOFError("it ends within its sizes")
        shape = tuple(np.frombuffer(head[4:first], ">u4").tolist())
        kind = np.dtype(TYPES[head[2]])
        size = first + kind.itemsize * math.prod(shape)
        if size > memory():
            raise EOFError(f"it states {list(shape)} numbers, beyond this machine's memory")
        # An archive of a few bytes may hold any number of them.
        content = unpack(file, size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ForgerError(f"{file} is damaged: {error}; put the original file there") from error
    if len(content) != size:
        found = "more" if len(content) > size else f"only {len(content)}"
        raise ForgerError(
            f"{file} is damaged: it has {found} bytes, not the {size} of {list(shape)} numbers;"
            " put the original file there"
        )
    # In the byte order of this machine, and writable.
    return np.frombuffer(content, kind, offset=first).reshape(shape).astype(kind.newbyteorder("="))
