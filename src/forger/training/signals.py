"""How a run ends on signals: SIGTERM, Ctrl-C and others.

Lightning ends an iteration on SIGTERM, with exit code 0, and exits in the midst of one on SIGINT:
here all signals go its first way, and a process ends with 128 + the number of the first one.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities.exceptions import SIGTERMException

from forger.runs.signals import HANGUP, Handler, handled_by

# Seconds in which a signal that comes again is the same request. SLURM sends SIGTERM twice at a
# time limit, from its daemon and through srun; `timeout`, torchrun and closed terminals repeat
# signals as well.
GRACE = 5.0

URGENT = [signal.SIGINT, signal.SIGTERM]
# Windows has none of these.
WARNINGS = [getattr(signal, name) for name in ("SIGUSR1", "SIGUSR2") if hasattr(signal, name)]


class Request:
    """What signals ask of a process.

    The first one says how it ends: `code` is 128 + its number, what a shell expects, or 0 before.
    """

    def __init__(self) -> None:
        self.code = 0
        self.times: dict[int, float] = {}

    def add(self, number: int) -> bool:
        """Note a signal; whether it says that the end cannot wait.

        A second SIGTERM or SIGINT says so, but not within a grace of the first if it is of the same
        kind. Those that warn of an end to come never do.
        """
        self.code = self.code or 128 + number
        now = time.monotonic()
        since = self.times.setdefault(number, now)
        others = [n for n in self.times if n in URGENT and n != number]
        return number in URGENT and (bool(others) or now - since >= GRACE)


@contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """Hands the signals that ask for an end to this handler, and then to those found before.

    The end of a terminal stays ignored where it is, as by `nohup`. SIGUSR1 is Lightning's, which
    requeues a job of SLURM's by it, unless someone else, such as submitit, waits for it.
    """
    numbers = [*URGENT, *WARNINGS, *HANGUP]
    for number in HANGUP:
        if signal.getsignal(number) == signal.SIG_IGN:
            numbers.remove(number)
    if WARNINGS and not callable(signal.getsignal(WARNINGS[0])):
        numbers.remove(WARNINGS[0])
    with handled_by(handler, numbers):
        yield


@contextmanager
def interruptible(trainer: Trainer) -> Iterator[None]:
    """While a run is trained, the first signal that asks for an end stops it after the iteration.

    These are SIGTERM, SIGINT (Ctrl-C), SIGHUP (a closed terminal) and SIGUSR2 (submitit's warning
    of a time limit). Several processes stop together at the end of a logging interval, whichever
    of them got the signal. A second SIGTERM or SIGINT, see `Request`, or a signal before training
    has begun, stops a process at once. Either way it raises SystemExit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    request = Request()
    agreement = SynchronisedStop(trainer) if trainer.world_size > 1 else None
    sent = 0

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal sent
        number, sent = sent or number, 0
        stop_requested = agreement.stop_requested if agreement else trainer.received_sigterm
        first = not request.times
        if request.add(number) or not stop_requested:
            raise SystemExit(request.code)
        if first:
            announce("at the end of this logging interval" if agreement else "after this iteration")

    def as_sigterm(number: int, frame: FrameType | None) -> None:
        """Through Lightning's handler of SIGTERM, which calls the one it found: `on_signal`."""
        nonlocal sent
        sent = 0 if number == signal.SIGTERM else number
        signal.raise_signal(signal.SIGTERM)

    with handled(as_sigterm):
        signal.signal(signal.SIGTERM, on_signal)
        try:
            yield
        except SIGTERMException:
            raise SystemExit(request.code or 128 + signal.SIGTERM) from None
        # Too late to stop this run, but in time for the next jobs of a sweep.
        if request.code:
            raise SystemExit(request.code)


def announce(when: str) -> None:
    again = f"once more, in {GRACE:.0f} seconds or later, stops at once"
    # os.write is safe in a signal handler; print is not.
    os.write(2, f"\nforger: stopping {when}; {again}\n".encode())


@contextmanager
def passing_on() -> Iterator[None]:
    """Hands a warning that ended a run to the handler found before, once the run is saved.

    The handler of submitit requeues the job, or reports to the waiting command that time is over.
    """
    try:
        yield
    except SystemExit as end:
        for number in WARNINGS:
            if end.code == 128 + number and callable(signal.getsignal(number)):
                signal.raise_signal(number)
        raise


class SynchronisedStop(Callback):
    """Lets several processes stop after the same iteration, if one of them got a signal.

    It replaces Lightning's way, whose handler waits for the other processes in the middle of an
    iteration, for ever if they wait for gradients, and which asks all processes at each iteration.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.stop_requested = False
        trainer._signal_connector._sigterm_notifier_fn = self.on_signal
        trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = lambda: None
        # Before the callbacks that save after a signal.
        trainer.callbacks.insert(0, self)  # pyright: ignore[reportAttributeAccessIssue]

    def on_signal(self, signum: int, _: FrameType | None) -> None:
        self.stop_requested = True

    def on_train_batch_end(self, trainer: Trainer, gan: LightningModule, *_: object) -> None:
        every = trainer.log_every_n_steps  # pyright: ignore[reportAttributeAccessIssue]
        if trainer.global_step % every == 0:
            any_told = trainer.strategy.reduce_boolean_decision(self.stop_requested, all=False)
            trainer._signal_connector.received_sigterm = any_told
