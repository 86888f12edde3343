"""Checks of the ranges of arguments."""

from collections.abc import Sequence

import psutil

from forger.errors import ForgerError


def check_positive(**sizes: int | Sequence[int]) -> None:
    """Raises ForgerError naming the first size, or list of sizes, with a number below 1."""
    for name, size in sizes.items():
        if any(n < 1 for n in (size if isinstance(size, Sequence) else [size])):
            raise ForgerError(f"{name} (={size}) must be at least 1")


def check_above_zero(**values: float) -> None:
    """Raises ForgerError naming the first value that is 0 or below."""
    for name, value in values.items():
        if value <= 0:
            raise ForgerError(f"{name} (={value}) must be positive")


def check_not_negative(**values: float) -> None:
    """Raises ForgerError naming the first value that is below 0."""
    for name, value in values.items():
        if value < 0:
            raise ForgerError(f"{name} (={value}) must be at least 0")


def check_fraction(**values: float) -> None:
    """Raises ForgerError naming the first value that is not between 0 and 1."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise ForgerError(f"{name} (={value}) must be in (0, 1): it is a fraction")


def check_steps(steps: int) -> None:
    """Raises ForgerError for a row of fewer than two images."""
    if steps < 2:
        raise ForgerError(f"steps (={steps}) must be at least 2: a row has two ends")


def enough_memory(asked: int, **settings: int) -> None:
    """Raises ForgerError naming the settings if they ask for more bytes than are free."""
    # Free now, not in all: the caller is about to take it.
    free = psutil.virtual_memory().available
    if asked > free:
        names = ", ".join(f"{name} (={value})" for name, value in settings.items())
        raise ForgerError(
            f"{names} would take {asked / 1e9:,.0f} GB of memory, and {free / 1e9:,.0f} GB are"
            " free: ask for less at once"
        )


def memory() -> int:
    """Bytes of memory in this machine."""
    return psutil.virtual_memory().total


def fits_memory(what: str, count: int) -> None:
    """Raises ForgerError, which begins with `what`, if so many bytes are more than the memory."""
    if count > memory():
        raise ForgerError(
            f"{what} would take {count / 1e9:.3g} GB, and this machine has {memory() / 1e9:.3g}:"
            " give a smaller number"
        )
