"""Workers of a sweep that end with it, even when it is killed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

from forger.runs.signals import HANGUP, handled_by

# The process at whose end this process ends too.
followed: int | None = None


def follow(sweep: int) -> None:
    """Let this process, a child of `sweep`, end when that has ended, even by SIGKILL.

    For workers of joblib, which would finish the jobs in their queue and then wait for ever.
    A run in training is saved first, as on any SIGTERM.
    """
    global followed
    followed = sweep
    leave_if_orphaned()
    Thread(target=watch, args=(sweep,), daemon=True).start()


def watch(sweep: int) -> None:
    # A child of a process that has ended gets another parent.
    while os.getppid() == sweep:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def leaving_at_once(end_jobs: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Signals end this process at once, so that its jobs save what they have.

    On an exception, joblib would kill its workers, which follow this process. end_jobs: what tells
    the jobs of other launchers.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        os.write(2, b"\nforger: stopping; each job saves what it has\n")
        end_jobs()
        os._exit(128 + number)

    numbers = [signal.SIGINT, signal.SIGTERM, *HANGUP]
    # Ignored by nohup, or in the background.
    with handled_by(leave, [n for n in numbers if signal.getsignal(n) != signal.SIG_IGN]):
        yield


def leave_if_orphaned() -> None:
    """Between two jobs there is nothing to save."""
    if followed is not None and os.getppid() != followed:
        # Without cleaning up: joblib would wait for the process that is gone.
        os._exit(128 + signal.SIGTERM)
