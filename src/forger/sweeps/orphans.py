"""Workers of a sweep that end with it, even when it is killed."""

import os
import signal
import time
from threading import Thread

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


def leave_if_orphaned() -> None:
    """Between two jobs there is nothing to save."""
    if followed is not None and os.getppid() != followed:
        # Without cleaning up: joblib would wait for the process that is gone.
        os._exit(128 + signal.SIGTERM)
