"""Any folder of images."""

import hashlib
import json
import os
import random
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageOps
from rich.progress import track
from torch import Tensor
from torchvision.datasets.folder import IMG_EXTENSIONS
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

from forger.data.memory import InMemory, Split
from forger.errors import ForgerError
from forger.files import read, readable, whole, write_json


class ImageFolder(InMemory):
    """All images in a folder and below, decoded once; labels are its sub-folders, first level.

    shape: (1, S, S) makes them grey, (3, S, S) coloured; the square in the middle of each is
    resized to S. validation_share, test_share: of the images, drawn by split_seed. corrupt: what
    happens with files that cannot be read. memory_map: leave the images on the disk until they are
    asked for. root: where the decoded images are kept, under a name that changes with the list of
    files, their sizes and times, with shape and split_seed.
    Raises ValueError for another shape and for shares that leave nothing to train on, ForgerError
    if the folder is missing, holds no readable image, or, with corrupt="refuse", one that is not.
    """

    def __init__(
        self,
        folder: str,
        root: str,
        validation_share: float,
        test_share: float,
        split_seed: int,
        corrupt: Literal["refuse", "skip"],
        memory_map: bool,
        shape: Sequence[int],
        batch_size: int,
        per_iteration: int,
        seed: int,
        evaluator: str | None,
        classes: int | None,
    ) -> None:
        super().__init__(shape, batch_size, per_iteration, seed, root, evaluator, classes)
        if len(shape) != 3 or shape[0] not in (1, 3) or shape[1] != shape[2]:
            raise ValueError(f"shape (={list(shape)}) must be [1, S, S] or [3, S, S]")
        if min(validation_share, test_share) < 0 or validation_share + test_share >= 1:
            raise ValueError(
                f"validation_share (={validation_share}) and test_share (={test_share}) must be at"
                " least 0 and leave something to train on"
            )
        self.folder = Path(folder).expanduser()
        self.validation_share, self.test_share = validation_share, test_share
        self.split_seed = split_seed
        self.corrupt = corrupt
        self.memory_map = memory_map

    def load(self) -> dict[str, Split]:
        files = self.files()
        cache = self.root / "image_folders" / f"{self.folder.resolve().name}-{self.key(files)}.npy"
        remedy = f"remove {cache}, and the images are decoded anew"
        if cache.exists():
            skipped = read(cache.with_suffix(".json"), json.loads, list[str], remedy)
            self.report(skipped)
        else:
            skipped = self.decode(files, cache)
        kept = [file for file in files if str(file) not in set(skipped)]
        # Copy on write, since torch wants its memory writable.
        with readable(cache, remedy):
            images = torch.from_numpy(np.load(cache, mmap_mode="c" if self.memory_map else None))
            if images.dtype != torch.uint8 or images.shape[1:] != self.shape:
                raise ValueError(f"it holds {images.dtype} of {list(images.shape[1:])}")
            if len(images) < len(kept):
                raise ValueError(f"it holds {len(images)} images of {len(kept)}")
        labels = self.labels(kept)
        test, validation = (
            round(share * len(kept)) for share in (self.test_share, self.validation_share)
        )
        bounds = {
            "test": slice(0, test),
            "validation": slice(test, test + validation),
            "train": slice(test + validation, len(kept)),
        }
        return {name: Split(images[part], labels[part]) for name, part in bounds.items()}

    def files(self) -> list[Path]:
        """Paths in the folder in an order by chance, so that splits are slices of the cache."""
        if not self.folder.is_dir():
            raise ForgerError(f"data.folder (={self.folder}) is no folder")
        found = (file for file in self.folder.rglob("*") if file.is_file())
        files = sorted(
            file.relative_to(self.folder) for file in found if file.suffix.lower() in IMG_EXTENSIONS
        )
        if not files:
            endings = ", ".join(IMG_EXTENSIONS)
            raise ForgerError(f"data.folder (={self.folder}) holds no images: {endings}")
        random.Random(self.split_seed).shuffle(files)
        return files

    def key(self, files: Sequence[Path]) -> str:
        stats = [(file, (self.folder / file).stat()) for file in files]
        listing = [(str(file), stat.st_size, stat.st_mtime_ns) for file, stat in stats]
        # The first is another one whenever decoding changes.
        facts = json.dumps([2, listing, self.shape]).encode()
        return hashlib.sha256(facts).hexdigest()[:16]

    def labels(self, files: Sequence[Path]) -> Tensor:
        """Sub-folders of the first level, by name; all 0 without any."""
        names = [file.parts[0] if len(file.parts) > 1 else "" for file in files]
        numbers = {name: i for i, name in enumerate(sorted(set(names)))}
        return torch.tensor([numbers[name] for name in names])

    def decode(self, files: Sequence[Path], cache: Path) -> list[str]:
        """Write the images that can be read to the cache, uint8 (n, C, S, S); names the others."""
        skipped: list[str] = []
        with whole(cache) as partial, ThreadPoolExecutor(os.cpu_count()) as pool:
            shape = (len(files), *self.shape)
            images = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
            done = 0
            decoded = track(pool.map(self.read, files), "reading images", len(files))
            for file, image in zip(files, decoded, strict=True):
                if image is None:
                    skipped.append(str(file))
                else:
                    images[done] = image
                    done += 1
            images.flush()
            self.report(skipped)
            if not done:
                raise ForgerError(f"none of the {len(files)} images in {self.folder} can be read")
            write_json(cache.with_suffix(".json"), skipped)
        return skipped

    def read(self, file: Path) -> np.ndarray | None:
        """One image, or None if no decoder can make sense of the file."""
        try:
            with Image.open(self.folder / file) as opened:
                upright = ImageOps.exif_transpose(opened)
                pixels = pil_to_tensor(convert(upright, self.shape[0]))
        except Exception:  # Each decoder has errors of its own.
            return None
        square = center_crop(pixels, [min(pixels.shape[1:])] * 2)
        return resize(square, list(self.shape[1:])).numpy()

    def report(self, skipped: Sequence[str]) -> None:
        """Refuse files that cannot be read, or warn of them."""
        if not skipped:
            return
        more = f" and {len(skipped) - 5} more" if len(skipped) > 5 else ""
        sentence = (
            f"{len(skipped)} images in {self.folder} cannot be read: {', '.join(skipped[:5])}{more}"
        )
        if self.corrupt == "refuse":
            raise ForgerError(f"{sentence}; mend or remove them, or give data.corrupt=skip")
        warnings.warn(f"{sentence}; they are skipped", stacklevel=2)


def convert(picture: Image.Image, channels: int) -> Image.Image:
    """A picture of 8 bits in grey (1 channel) or colour (3).

    Of 16 bits it keeps the upper eight, where Pillow would call nearly all of it white. Raises
    OSError for 32 bits, whose range nobody knows.
    """
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise OSError("pixels of 32 bits")
    return picture.convert("L" if channels == 1 else "RGB")
