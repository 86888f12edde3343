"""Ranges that constructors hold their arguments to."""

import os
from collections.abc import Sequence

from forger.errors import ForgerError


def at_least_one(**sizes: int | Sequence[int]) -> None:
    """Raises ForgerError naming the first size, or list of sizes, that holds a number below 1."""
    for name, size in sizes.items():
        if any(n < 1 for n in ([size] if isinstance(size, int) else size)):
            raise ForgerError(f"{name} (={size}) must be at least 1")


def share(**values: float) -> None:
    """Raises ForgerError naming the first value that does not lie between 0 and 1."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise ForgerError(f"{name} (={value}) must lie in (0, 1): it is a share")


def both_ends(steps: int) -> None:
    """Raises ForgerError for a row of so few images that it lacks an end."""
    if steps < 2:
        raise ForgerError(f"steps (={steps}) must be at least 2, the ends of a row")


def memory() -> float:
    """Bytes of memory in this machine; infinite where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return float("inf")


def fits_memory(what: str, count: int) -> None:
    """Raises ForgerError, which begins with `what`, if so many bytes are more than the memory."""
    if count > memory():
        raise ForgerError(
            f"{what} would take {count / 1e9:.3g} GB, and this machine has {memory() / 1e9:.3g}:"
            " give a smaller number"
        )
