"""Errors of what cannot be written: a file, a folder, or a pipe that its reader closed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import (
    EACCES,
    EDQUOT,
    EEXIST,
    EFBIG,
    EIO,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENOSPC,
    ENOTDIR,
    EPERM,
    EROFS,
)
from pathlib import Path

from forger.config.arguments import MULTIRUN
from forger.errors import ForgerError

# Errors of the system that mean that nothing can be written there.
UNWRITABLE = (
    *(ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, EPERM),
    *(ENOTDIR, EISDIR, EEXIST, EIO, ENAMETOOLONG, ELOOP),
)


@contextmanager
def unwritable_named(show_trace: bool) -> Iterator[None]:
    """Raises ForgerError where a library, such as Hydra or TensorBoard, cannot write a file."""
    try:
        yield
    except OSError as error:
        if show_trace or error.errno not in UNWRITABLE:
            raise
        raise unwritable(error) from error


def unwritable(error: OSError) -> ForgerError:
    """The error that names a place that cannot be written."""
    if error.errno == ENAMETOOLONG:
        long = max(Path(str(error.filename)).parts, key=len)
        return ForgerError(f"{long[:40]}... is too long for a file name: give a shorter one")
    where = "hydra.run.dir" if MULTIRUN.isdisjoint(sys.argv) else "hydra.sweep.dir"
    what = f"cannot write {error.filename or 'to the disk'}: {error.strerror}"
    return ForgerError(f"{what}; give another folder by {where}=...")


@contextmanager
def closed_pipe_ends() -> Iterator[None]:
    """Exit where the reader closes the pipe, as in forger info | head: that is not an error."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
