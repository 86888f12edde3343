"""The lock of a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOLCK, EOPNOTSUPP
from pathlib import Path

from filelock import FileLock, Timeout

from forger.errors import ForgerError


@contextmanager
def exclusive(run: Path) -> Iterator[None]:
    """Keeps other processes from training in a run folder at the same time.

    By a lock on a file in it, .lock, which the system takes back from a process that dies; where
    the disk has no locks there is none. Raises ForgerError if another process has it.
    """
    lock = FileLock(run / ".lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ForgerError(
            f"another process trains in {run}: wait until it ends, or give another name="
        ) from error
    except OSError as error:
        # Some network disks have no locks: there the user must take care.
        if error.errno not in (ENOLCK, EOPNOTSUPP):
            raise
    try:
        yield
    finally:
        if lock.is_locked:
            # On Windows the file cannot be removed while another process has it open.
            with suppress(OSError):
                os.unlink(lock.lock_file)
        lock.release()
