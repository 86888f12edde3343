"""Signs of progress: a bar or spinner in a terminal, plain lines in a log."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")
# Seconds between two lines about the same work.
PAUSE = 10.0


def in_terminal() -> bool:
    """Whether stdout is a terminal that a person looks at.

    Not in a batch job of SLURM's: there srun --unbuffered, which submitit uses, makes a terminal
    whose output goes to a file. The shells that salloc and srun --pty open are no batch jobs. Nor
    in a worker process, as of joblib: bars of several would be one in another.
    """
    shells = ("interactive", "bash")
    in_batch_job = "SLURM_JOB_ID" in os.environ and os.getenv("SLURM_JOB_NAME") not in shells
    is_alone = multiprocessing.current_process().name == "MainProcess"
    # None is no stream at all, as of a program of Windows without a console.
    return bool(sys.stdout and sys.stdout.isatty()) and is_alone and not in_batch_job


def show_work(what: str) -> AbstractContextManager[object]:
    """Show what is being done, in the present participle, as in "reading images"."""
    if in_terminal():
        return Console().status(what)
    print(what, flush=True)
    return nullcontext()


def show_progress(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """The items, of which so many will come, and how many have come."""
    if in_terminal():
        yield from track(items, what, total)
        return
    printed = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        if time.monotonic() - printed >= PAUSE:
            printed = time.monotonic()
            print(f"{what}  {done}/{total}", flush=True)
