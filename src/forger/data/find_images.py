"""Which files of a folder are images, and which split and class each is in."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from forger.data.decoding import endings
from forger.errors import ForgerError

# Folders that are splits, by their names in lower case.
SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}

# Folders that file servers and operating systems make; names that begin with a dot are hidden too.
HIDDEN = ("@eaDir", "@Recycle", "#recycle", "#snapshot", "$RECYCLE.BIN", "__MACOSX", "lost+found")

REPEATED = "links to what is taken already"


def find_images(folder: Path) -> tuple[list[Path], dict[str, list[str]]]:
    """Paths of the images in a folder and below, sorted, and of what is left out, by the reason.

    Links are followed, but no file or folder is taken twice: of its names the one that the fewest
    links lead to counts.
    """
    left_out: dict[str, list[str]] = defaultdict(list)
    seen: set[tuple[int, int]] = set()
    candidates, folders = walk(folder, left_out, seen)
    images: list[Path] = []
    for _, file in sorted(candidates):
        if not (folder / file).exists():
            left_out["broken links"].append(str(file))
        elif file.suffix.lower() not in endings() or not (folder / file).is_file():
            left_out["of other kinds"].append(str(file))
        elif not new(folder / file, seen):
            left_out[REPEATED].append(str(file))
        else:
            images.append(file)
    # Only a folder next to images is worth a mention, not all below it.
    filled = {parent for image in images for parent in image.parents}
    empty = sorted(path for path in folders - filled if path.parent in filled)
    left_out["folders without images"] = [str(path) for path in empty]
    return sorted(images), left_out


def walk(
    folder: Path, left_out: dict[str, list[str]], seen: set[tuple[int, int]]
) -> tuple[list[tuple[int, Path]], set[Path]]:
    """All files of a folder and below, each with the number of links to it, and all folders.

    left_out, seen: what is left out, by the reason, and what has been seen, both added to.
    """
    candidates: list[tuple[int, Path]] = []
    folders: set[Path] = set()
    # Files without a link on their path come first, then those behind one link, and so on.
    tops, links = [folder], 0
    while tops:
        linked: list[Path] = []
        for path, below, names in (step for top in tops for step in os.walk(top, onerror=fail)):
            here = Path(path)
            inside = here.relative_to(folder)
            if not new(here, seen):
                left_out[REPEATED].append(str(inside))
                below.clear()  # os.walk does not descend into what is removed here
                continue
            folders.add(inside)
            left_out["hidden"] += [str(inside / n) for n in sorted([*below, *names]) if hidden(n)]
            below[:] = sorted(name for name in below if not hidden(name))
            linked += [here / name for name in below if (here / name).is_symlink()]
            candidates += [
                (links + (here / name).is_symlink(), inside / name)
                for name in names
                if not hidden(name)
            ]
        tops, links = linked, links + 1
    return candidates, folders


def fail(error: OSError) -> None:
    raise ForgerError(f"{error.filename} cannot be read: {error.strerror}") from error


def new(path: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether a file or folder was not seen before, by this name or another; now it is."""
    # Device and inode: the same file under any of its names.
    stat = path.stat()
    was_seen = (stat.st_dev, stat.st_ino) in seen
    seen.add((stat.st_dev, stat.st_ino))
    return not was_seen


def hidden(name: str) -> bool:
    return name.startswith(".") or name in HIDDEN


def split_of(file: Path) -> str:
    """The split that a file's folder of the first level is called by, or nothing."""
    return SPLITS.get(file.parts[0].lower(), "") if len(file.parts) > 1 else ""


def has_splits(files: Iterable[Path]) -> bool:
    """Whether the folders of the first level are splits.

    A train/ among others, such as car/ and bus/, is a class.
    """
    found = set(map(split_of, files))
    return "train" in found and ("" not in found or len(found) > 2)


def classes(files: Iterable[Path]) -> list[str]:
    """The sub-folder that each file is in, below that of its split; nothing if in none."""
    files = list(files)
    depth = int(has_splits(files))  # train/cat/1.png is of class cat
    return [file.parts[depth] if len(file.parts) > depth + 1 else "" for file in files]


def natural(name: str) -> tuple[bool, list[str | int], str]:
    """By this key 2 comes before 10, and no name after all."""
    parts = re.split(r"(\d+)", name)
    return not name, [int(part) if part.isdecimal() else part for part in parts], name
