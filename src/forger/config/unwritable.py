"""Errors of places: a file that cannot be written, a home of nobody, a pipe that was closed."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forger.config.arguments import MULTIRUN
from forger.errors import ForgerError, first_line

# Errors of the system that mean that nothing can be written there.
UNWRITABLE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EIO, errno.ENAMETOOLONG, errno.ELOOP),
)


@contextmanager
def unwritable_named(show_trace: bool) -> Iterator[None]:
    """Raises ForgerError where a library, such as Hydra or TensorBoard, cannot write a file.

    Or where a path begins with the home of a user who does not exist.
    """
    try:
        yield
    except OSError as error:
        if show_trace or error.errno not in UNWRITABLE:
            raise
        raise unwritable(error) from error
    except RuntimeError as error:
        # Of Path.expanduser, since a shell leaves ~NAME of nobody as it is.
        if show_trace or "Could not determine home" not in str(error):
            raise
        raise ForgerError("a path begins with ~ and the name of no user: give all of it") from error


def unwritable(error: OSError) -> ForgerError:
    """The error that names a place that cannot be written."""
    if error.errno == errno.ENAMETOOLONG:
        long = max(Path(str(error.filename)).parts, key=len)
        return ForgerError(f"{long[:40]}... is too long for a file name: give a shorter one")
    place = "hydra.run.dir" if MULTIRUN.isdisjoint(sys.argv) else "hydra.sweep.dir"
    where = place if sys.argv[0] == "forger train" else "out"
    what = f"cannot write {error.filename or 'to the disk'}: {error.strerror}"
    return ForgerError(f"{what}; give another folder by {where}=...")


def before_jobs(error: OSError) -> ForgerError:
    """The error in words, of Hydra's output folder or of a launcher, such as Ray's."""
    if isinstance(error, ConnectionError):
        return ForgerError(f"no cluster can be reached: {first_line(error)}")
    return unwritable(error)


@contextmanager
def closed_pipe_ends() -> Iterator[None]:
    """Exit where the reader closes the pipe, as in forger info | head: that is not an error."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
