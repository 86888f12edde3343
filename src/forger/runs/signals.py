"""Handlers of signals for a while, and how a command ends on one."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

# The end of a terminal; Windows has none.
HANGUP = [getattr(signal, name) for name in ("SIGHUP",) if hasattr(signal, name)]
Handler = Callable[[int, FrameType | None], None]


@contextmanager
def handled_by(handler: Handler, numbers: Iterable[int]) -> Iterator[None]:
    """Hands these signals to the handler, and then to those found before."""
    found = {number: signal.getsignal(number) for number in numbers}
    # Python cannot restore a handler that was not set from Python.
    found = {number: before for number, before in found.items() if before is not None}
    for number in found:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, before in found.items():
            signal.signal(number, before)


@contextmanager
def end_in_order() -> Iterator[None]:
    """Here SIGTERM and the end of a terminal raise SystemExit, as Ctrl-C raises KeyboardInterrupt.

    By default they end a process at once, and what is half-written stays. `nohup` ignores one.
    """

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = [signal.SIGTERM, *HANGUP]
    with handled_by(end, [n for n in numbers if signal.getsignal(n) == signal.SIG_DFL]):
        yield
