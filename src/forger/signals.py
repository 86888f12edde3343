"""What SIGTERM and Ctrl-C do to a run."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities.exceptions import SIGTERMException


@contextmanager
def interruptible(trainer: Trainer) -> Iterator[None]:
    """While a run is trained, the first SIGTERM or SIGINT stops it after the current iteration.

    One of several processes stops with all others at the end of a logging interval, and whichever
    of them was told. A second signal, or one before training has begun, stops a process at once.
    Either way SystemExit is raised with 128 + the signal's number, what a shell expects. Lightning
    ends an iteration on SIGTERM, with exit code 0, and exits in the midst of one on SIGINT: here
    both go its first way. Other signals, such as those by which SLURM requeues a job, stay
    Lightning's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    code, times = 0, 0
    agreement = Agreement(trainer) if trainer.world_size > 1 else None

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal code, times
        code, times = code or 128 + number, times + 1
        told = agreement.told if agreement else trainer.received_sigterm
        if times > 1 or not told:
            raise SystemExit(code)
        when = "at the end of this logging interval" if agreement else "after this iteration"
        # Safe in a handler, as print is not.
        os.write(2, f"\nforger: stopping {when}; once more stops at once\n".encode())

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
        raise SystemExit(code or 128 + signal.SIGTERM) from None
    else:
        # Too late to stop this run, yet not those that a sweep has after it.
        if code:
            raise SystemExit(code)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Agreement(Callback):
    """Lets several processes stop after the same iteration, when any of them was told to.

    In place of what Lightning does: its handler waits for the other processes wherever in an
    iteration they are, for ever if they wait for gradients; and each iteration starts with a
    question to all, for which it waits as well.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.told = False
        trainer._signal_connector._sigterm_notifier_fn = self.note
        trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = lambda: None
        # Before those that save when a signal has come.
        trainer.callbacks.insert(0, self)  # pyright: ignore[reportAttributeAccessIssue]

    def note(self, signum: int, _: FrameType | None) -> None:
        self.told = True

    def on_train_batch_end(
        self, trainer: Trainer, gan: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        every = trainer.log_every_n_steps  # pyright: ignore[reportAttributeAccessIssue]
        if trainer.global_step % every == 0:
            any_told = trainer.strategy.reduce_boolean_decision(self.told, all=False)
            trainer._signal_connector.received_sigterm = any_told
