"""Ranges that constructors hold their arguments to."""

from collections.abc import Sequence


def at_least_one(**sizes: int | Sequence[int]) -> None:
    """Raises ValueError naming the first size, or list of sizes, that holds a number below 1."""
    for name, size in sizes.items():
        if any(n < 1 for n in ([size] if isinstance(size, int) else size)):
            raise ValueError(f"{name} (={size}) must be at least 1")
