"""Ranges that constructors hold their arguments to."""

from collections.abc import Sequence

from forger.errors import ForgerError


def at_least_one(**sizes: int | Sequence[int]) -> None:
    """Raises ForgerError naming the first size, or list of sizes, that holds a number below 1."""
    for name, size in sizes.items():
        if any(n < 1 for n in ([size] if isinstance(size, int) else size)):
            raise ForgerError(f"{name} (={size}) must be at least 1")
