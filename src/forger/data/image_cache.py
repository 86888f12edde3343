"""Images of a folder, decoded once into a file."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
from torch import Tensor
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

from forger.data.decoding import decode
from forger.data.left_out import left_out_text, shortened
from forger.errors import ForgerError
from forger.runs.files import atomic_write, read, readable, write_json
from forger.runs.terminal import show_progress


@dataclass
class ImageCache:
    """The images of these files, uint8 (n, *shape), in a file under `root`.

    Its name changes with the list of files, their sizes and times, and with all settings that
    change a pixel or the order. folder: where the files are. shape, background, corrupt, root: see
    `ImageFolder`.
    """

    folder: Path
    shape: Sequence[int]
    background: str
    corrupt: str
    root: Path
    files: Sequence[Path]

    @cached_property
    def file(self) -> Path:
        return self.root / "image_folders" / f"{self.folder.resolve().name}-{self.key()}.npy"

    @property
    def remedy(self) -> str:
        return f"remove {self.file}, and the images are decoded again"

    def key(self) -> str:
        """A function of all that the pixels depend on."""
        # A changed file has another size or time, and so another cache.
        stats = [(file, (self.folder / file).stat()) for file in self.files]
        listing = [(str(f), s.st_size, s.st_mtime_ns, s.st_ctime_ns) for f, s in stats]
        libraries = [PIL.__version__, torchvision.__version__]
        # The first number is raised whenever decoding changes.
        facts = json.dumps([3, listing, self.shape, self.background, libraries]).encode()
        return hashlib.sha256(facts).hexdigest()[:16]

    def refused(self) -> dict[str, str]:
        """Files that cannot be read, and why; all others are decoded then.

        Raises ForgerError if there are some, unless they are to be skipped, or no others.
        """
        if not self.file.exists():
            return self.decode()
        refused = read(self.file.with_suffix(".json"), json.loads, dict[str, str], self.remedy)
        self.refuse(refused)
        return refused

    def load(self, memory_map: bool, count: int) -> Tensor:
        """The images, uint8 (n, C, H, W); ForgerError for a damaged file, or fewer than `count`."""
        # Copy on write, since torch wants writable memory.
        with readable(self.file, self.remedy):
            images = torch.from_numpy(np.load(self.file, mmap_mode="c" if memory_map else None))
            if images.dtype != torch.uint8 or images.shape[1:] != self.shape:
                raise ValueError(f"it has {images.dtype} of {list(images.shape[1:])}")
            if len(images) < count:
                raise ValueError(f"it has {len(images)} images of {count}")
        return images

    def decode(self) -> dict[str, str]:
        """Write images to the cache, uint8 (n, C, S, S); why those that cannot be read cannot."""
        refused: dict[str, str] = {}
        # Threads suffice: Pillow releases the interpreter's lock while it decodes.
        with atomic_write(self.file) as partial, ThreadPoolExecutor(os.cpu_count()) as pool:
            shape = (len(self.files), *self.shape)
            # On the disk: the images may be larger than memory.
            images = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
            done = 0
            decoded = show_progress(pool.map(self.read, self.files), "reading images", shape[0])
            for file, image in zip(self.files, decoded, strict=True):
                if isinstance(image, str):
                    refused[str(file)] = image  # the reason, in place of pixels
                else:
                    images[done] = image
                    done += 1
            images.flush()
            self.refuse(refused)
            if not done:
                reasons = left_out_text(
                    {"that cannot be read": [f"{f}: {r}" for f, r in refused.items()]}
                )
                raise ForgerError(f"no image in {self.folder} can be read{reasons}")
            write_json(self.file.with_suffix(".json"), refused)
        return refused

    def read(self, file: Path) -> np.ndarray | str:
        """One image, uint8 (C, H, W), or why it cannot be read."""
        try:
            pixels = pil_to_tensor(decode(self.folder / file, self.shape[0], self.background))
        except ForgerError as error:
            return str(error)
        (height, width), (rows, columns) = pixels.shape[1:], self.shape[1:]
        # The largest rectangle of the wanted form inside of the image.
        high = min(height, max(1, width * rows // columns))
        wide = min(width, max(1, height * columns // rows))
        return resize(center_crop(pixels, [high, wide]), [rows, columns]).numpy()

    def refuse(self, refused: Mapping[str, str]) -> None:
        """Raises ForgerError for files that cannot be read, unless they are to be skipped."""
        if refused and self.corrupt == "refuse":
            reasons = shortened([f"{file} ({reason})" for file, reason in refused.items()], 5)
            images = "1 image" if len(refused) == 1 else f"{len(refused)} images"
            raise ForgerError(
                f"{images} in {self.folder} cannot be read: {reasons}; repair, shrink or remove"
                " them, or give data.corrupt=skip"
            )
