"""Any folder of images."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from lightning_fabric.utilities.rank_zero import rank_zero_only
from PIL import ImageColor

from forger.data.find_images import classes, find_images, has_splits, natural, split_of
from forger.data.image_cache import ImageCache
from forger.data.left_out import LeftOut, left_out_text, shortened
from forger.data.memory import InMemory, check_shares
from forger.data.minibatches import Split
from forger.errors import ForgerError

# The name, in messages, of the class of images that are in no sub-folder.
NAMELESS = "no sub-folder"


@dataclass(kw_only=True, eq=False, repr=False)
class ImageFolder(InMemory):
    """All images in a folder and below, decoded once; labels are its sub-folders, first level.

    Folders called train, val or test are splits, where each sub-folder of the first level has such
    a name, or several have; the classes are then the sub-folders of these. Hidden files and folders
    are left out, links are followed, and a file with several names is taken once. One printed line
    says what was taken and what was left out.

    shape: (1, H, W) makes them grey, (3, H, W) coloured; the largest rectangle of that form in the
    middle of each is resized to H x W. validation_share: fraction of the training images set apart
    for validation, if that split has no folder. test_share: fraction of the training images set
    apart for testing, if that split has no folder. Both are chosen by split_seed. corrupt: what
    happens with files that cannot be read. memory_map: leave the images on the disk until they are
    asked for. root: where the decoded images are kept, under a name that changes with the list of
    files, their sizes and times, and with all settings that change a pixel or the order.
    background: a colour behind what is transparent, by its name or as #rrggbb. class_names:
    sub-folders in the order of their labels, others follow; None: in natural order, 2 before 10; by
    default as version 0.1.0, whose configurations lack it, had it.
    Raises ValueError for another shape and no colour; ForgerError for shares that leave nothing to
    train on, if the folder is missing, holds no readable image, or, with corrupt="refuse", one
    that is not, or another number of classes than `classes`.
    """

    folder: Path
    validation_share: float
    test_share: float
    split_seed: int
    corrupt: Literal["refuse", "skip"]
    memory_map: bool
    background: str = "white"
    class_names: Sequence[str] | None = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.shape) != 3 or self.shape[0] not in (1, 3):
            raise ValueError(f"shape (={list(self.shape)}) must be [1, H, W] or [3, H, W]")
        check_shares(self.validation_share, self.test_share)
        try:
            ImageColor.getrgb(self.background)
        except ValueError as error:
            raise ValueError(
                f"background (={self.background}) must be a colour, such as white or '#808080'"
            ) from error
        if len(set(given := list(self.class_names or ()))) < len(given):
            raise ValueError(f"class_names (={given}) has a name twice: give each once")
        self.folder = Path(self.folder).expanduser()

    def load(self) -> dict[str, Split]:
        files, left_out = self.find()
        cache = ImageCache(self.folder, self.shape, self.background, self.corrupt, self.root, files)
        refused = cache.refused()
        kept = [file for file in files if str(file) not in refused]
        # Without a readable training image the other splits would pass for classes.
        if has_splits(files) and not has_splits(kept):
            raise ForgerError(f"no training image in {self.folder} can be read: repair them")
        left_out["that cannot be read"] = [f"{file}: {why}" for file, why in refused.items()]
        names, bounds = self.order(kept), self.bounds(kept)
        numbers = {name: i for i, name in enumerate(names)}
        labels = torch.tensor([numbers[name] for name in classes(kept)])  # int64 (n,)
        counts = labels.bincount(minlength=len(names)).tolist()
        self.report(dict(zip(names, counts, strict=True)), bounds, left_out)
        trained = set(labels[bounds["train"]].tolist())
        # With clusters, sub-folders are no classes: groups of like images are.
        by_folder = self.classes is not None and self.clusters is None
        if by_folder and (untrained := [n for i, n in enumerate(names) if i not in trained]):
            raise ForgerError(
                f"{self.folder} has no images of {untrained[0] or NAMELESS} for training: a"
                " conditional GAN needs some of each class; add them, or remove the class"
            )
        if by_folder and self.classes != len(names):
            raise ForgerError(
                f"data.classes is {self.classes}, but {self.folder} has {len(names)} classes,"
                f" {shortened([name or NAMELESS for name in names], 10)}: give"
                f" data.classes={len(names)}"
            )
        if odd := [name for name in names if "${" in name]:
            # In a checkpoint's configuration it would be read as an interpolation.
            raise ForgerError(f"{self.folder / odd[0]} has ${{ in its name: rename it")
        # A folder without sub-folders has one class without a name.
        self.class_names = names if any(names) else None
        images = cache.load(self.memory_map, len(kept))
        return {name: Split(images[part], labels[part]) for name, part in bounds.items()}

    def find(self) -> tuple[list[Path], dict[str, list[str]]]:
        """Paths in the folder, and those of what is left out, by the reason.

        Splits that have a folder come first, then all others by chance: each is a slice of the
        cache.
        """
        if not self.folder.is_dir():
            raise ForgerError(f"data.folder (={self.folder}) is no folder: give data.folder=PATH")
        files, left_out = find_images(self.folder)
        if has_splits(files):
            left_out["beside the splits"] = [str(file) for file in files if not split_of(file)]
            files = [file for file in files if split_of(file)]
        if not files:
            raise ForgerError(
                f"data.folder (={self.folder}) has no images that Pillow can read"
                f"{left_out_text(left_out)}"
            )
        # Validation and test images are the first ones of a random order.
        random.Random(self.split_seed).shuffle(files)
        if has_splits(files):
            # The sort is stable: within a split the order stays random.
            files.sort(key=lambda file: ("test", "validation", "train").index(split_of(file)))
        return files, left_out

    def order(self, files: Sequence[Path]) -> list[str]:
        """Names of the classes in the order of their labels; "" is that of no sub-folder."""
        found = set(classes(files))
        if self.class_names is None:
            return sorted(found, key=natural)
        given = list(self.class_names)
        return [*given, *sorted(found.difference(given), key=natural if given else None)]

    def bounds(self, files: Sequence[Path]) -> dict[str, slice]:
        """The slice of the files for each split: its folder, or a share of the training images."""
        counts = Counter(map(split_of, files)) if has_splits(files) else {"train": len(files)}
        drawn = {
            "test": round(self.test_share * counts["train"]),
            "validation": round(self.validation_share * counts["train"]),
        }
        # A split with a folder of its own takes none of the training images.
        own = {name: counts[name] for name in drawn if counts.get(name)}
        start, bounds = 0, {}
        for name, size in (own | {n: s for n, s in drawn.items() if n not in own}).items():
            bounds[name] = slice(start, start + size)
            start += size
        return bounds | {"train": slice(start, len(files))}

    @rank_zero_only
    def report(
        self, counts: Mapping[str, int], bounds: Mapping[str, slice], left_out: LeftOut
    ) -> None:
        """Print one line of what is taken and what is left out."""
        classes = [f"{name or NAMELESS} {count}" for name, count in counts.items()]
        found = f": {shortened(classes, 10)}" if any(counts) else ""
        many = f" in {len(counts)} classes" if len(counts) > 1 else ""
        splits = ", ".join(
            f"{bounds[name].stop - bounds[name].start} {name}"
            for name in ("train", "validation", "test")
        )
        total = sum(counts.values())
        channels, height, width = self.shape
        form = f"{height} x {width} in {'colour' if channels == 3 else 'grey'} (data.shape)"
        print(
            f"images   {total}{many}{found}; each becomes {form}; {splits}{left_out_text(left_out)}"
        )
