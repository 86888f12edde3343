"""Atomic writes: a file is complete or absent. Reads are checked against a type."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from forger.config.hints import type_errors
from forger.errors import ForgerError


@contextmanager
def report_write_errors(path: Path) -> Iterator[None]:
    """Raises ForgerError if what is done here to write `path` fails, as on a full disk."""
    try:
        yield
    except OSError as error:
        raise ForgerError(f"cannot write {path}: {error.strerror or error}") from error


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A name to write to, beside `path` and with its suffix, renamed to `path` once all is written.

    Whatever goes wrong in between leaves the previous file as it was and nothing half-written.
    Raises ForgerError if that is the disk's doing.
    """
    with report_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target: a rename is atomic on one disk only.
        partial = path.with_name(f".{uuid4().hex}{path.suffix}")
        try:
            yield partial
            # Readers see the old file or the new one, never a half.
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raises ForgerError if a file that is to be written later cannot be written there.

    Nothing is left there, not even the folder that it will be in.
    """
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if path.is_dir() or not folder.is_dir():
        place, right = (path, "file") if path.is_dir() else (folder, "folder")
        raise ForgerError(f"cannot write {path}: {place} is not a {right}; give another place")
    with report_write_errors(path):
        partial = folder / f".{uuid4().hex}{path.suffix}"
        partial.touch()
        partial.unlink()


def read(path: Path, parse: Callable[[str], Any], shape: Any, remedy: str) -> Any:
    """The text of a file, parsed to plain values of `shape`, which is a type hint.

    Raises ForgerError naming the file, what is wrong with it and the remedy.
    """
    with readable(path, remedy):
        text = content_of(path).decode("utf-8")
        if not text.strip():
            raise ValueError("it is empty")
        value = parse(text)
        for fault in type_errors(value, shape, "its content"):
            raise ValueError(fault)
    return value


def content_of(path: Path) -> bytes:
    """The bytes of a file; raises ValueError for a pipe or a device, which may have no end."""
    if not path.is_file():
        raise ValueError("it is not a file")
    return path.read_bytes()


def parts_of(node: Any) -> Iterable[Any]:
    """What is in a dictionary or a list."""
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list | tuple) else ()


def check_node_count(
    root: Any, most: int, parts: Callable[[Any], Iterable[Any]] = parts_of
) -> None:
    """Raises ValueError if a tree has more than `most` nodes when all that it refers to is copied.

    A few lines of YAML may name one list twice in the next, and so on: each doubles the copies.
    parts: the nodes in a node.
    """
    counts: dict[int, int] = {}

    def count(node: Any) -> int:
        if id(node) not in counts:
            # The count of a node in progress: a node that contains itself has no end.
            counts[id(node)] = most + 1
            counts[id(node)] = 1 + sum(map(count, parts(node)))
        return counts[id(node)]

    if count(root) > most:
        raise ValueError(f"it refers to parts of itself so often that it has over {most} of them")


@contextmanager
def readable(path: Path, remedy: str) -> Iterator[None]:
    """Raises ForgerError with the remedy if what is done here to read `path` fails."""
    try:
        yield
    except ForgerError:
        raise
    except OSError as error:
        raise ForgerError(f"cannot read {path}: {error.strerror or error}; {remedy}") from error
    except Exception as error:  # Each parser has errors of its own.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ForgerError(f"{path} is damaged: {reason}; {remedy}") from error


def is_started(run: Path) -> bool:
    """Whether a run folder is there, with what is noted at the start of a run."""
    return (run / "run.json").exists()


def remove_partial(run: Path) -> None:
    """Delete temporary files of killed processes in a run folder."""
    # Not at any depth: below a folder that someone gave, other runs may be writing theirs.
    for folder in (run, run / "checkpoints", run / "config"):
        for partial in folder.glob("." + 32 * "[0-9a-f]" + ".*"):
            # Forger makes no folders of such names.
            if not partial.is_dir():
                partial.unlink()


def write_json(path: Path, value: Any) -> None:
    with atomic_write(path) as partial:
        partial.write_text(to_json(value, indent=2) + "\n")


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON as its standard has it: null for NaN, and 1e999 for infinity.

    1e999 is more than the largest float, so that Python and JavaScript read infinity.
    """
    # Python writes words that JSON does not have: other programs could not read the file.
    numbers = {"NaN": "null", "Infinity": "1e999"}
    # A text is matched as a whole, so that no word in it is taken for a number.
    return re.sub(
        r'"(?:\\.|[^"\\])*"|NaN|Infinity',
        lambda found: numbers.get(found[0], found[0]),
        json.dumps(value, indent=indent),
    )
