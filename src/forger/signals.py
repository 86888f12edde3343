"""What SIGTERM and Ctrl-C do to a run."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pytorch_lightning import Trainer
from pytorch_lightning.utilities.exceptions import SIGTERMException


@contextmanager
def interruptible(trainer: Trainer) -> Iterator[None]:
    """While a run is trained, the first SIGTERM or SIGINT stops it after the current iteration.

    A second one, or one before training has begun, stops it at once. Either way SystemExit is
    raised with 128 + the signal's number, what a shell expects. Lightning ends an iteration on
    SIGTERM, with exit code 0, and exits in the midst of one on SIGINT: here both go its first way.
    Other signals, such as those by which SLURM requeues a job, stay Lightning's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    code, times = 0, 0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal code, times
        code, times = code or 128 + number, times + 1
        if times > 1 or not trainer.received_sigterm:
            raise SystemExit(code)
        # Safe in a handler, as print is not.
        os.write(2, b"\nforger: stopping after this iteration; once more stops at once\n")

    def forward(number: int, frame: FrameType | None) -> None:
        """Through Lightning's handler of SIGTERM, which calls the one it found: `note`."""
        nonlocal code
        code = code or 128 + number
        signal.raise_signal(signal.SIGTERM)

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, note)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, forward)
    try:
        yield
    except SIGTERMException:
        raise SystemExit(code) from None
    else:
        # Too late to stop this run, yet not those that a sweep has after it.
        if code:
            raise SystemExit(code)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
