"""Means over runs: how exact they are, and whether two of them differ."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import mean, stdev

from scipy.special import stdtr, stdtrit


@dataclass
class Estimate:
    """A mean over runs.

    values: those that are finite. of: number of runs, with those that have no finite value.
    """

    values: list[float]
    of: int

    @property
    def n(self) -> int:
        return len(self.values)

    @cached_property
    def mean(self) -> float:
        """NaN without a value."""
        return mean(self.values) if self.values else math.nan

    @cached_property
    def error(self) -> float:
        """The standard error of the mean; 0 below two values."""
        return stdev(self.values) / self.n**0.5 if self.n > 1 else 0.0

    @cached_property
    def half(self) -> float | None:
        """Half the width of Student's 95 % interval, wide for few runs; None below two values."""
        if self.n < 2:
            return None
        return float(stdtrit(self.n - 1, 0.975)) * self.error

    @property
    def count(self) -> str:
        """Of how many runs the mean is, such as "2 of 3"; empty if it is of all."""
        return "" if self.n == self.of else f"{self.n} of {self.of}"

    def __str__(self) -> str:
        text = " ± ".join(digits(self.mean, self.half)) if self.values else "-"
        return f"{text} ({self.count})" if self.count else text


def estimate(values: Iterable[float | None]) -> Estimate:
    """Of the finite ones among the values of some runs, None where a run has none."""
    every = list(values)
    return Estimate([v for v in every if v is not None and math.isfinite(v)], len(every))


def digits(mean: float, half: float | None) -> list[str]:
    """A mean and half the width of its interval: two digits of this, and both to the same place."""
    if half is None:
        return [f"{mean:.4g}"]
    if half == 0:
        return [f"{mean:.4g}", "0"]
    places = 1 - exponent(half)
    if places <= 6 and max(abs(mean), half) < 1e7:
        return [f"{round(number, places):.{max(0, places)}f}" for number in (mean, half)]
    return [f"{mean:.{max(0, exponent(mean) + places)}e}", f"{half:.1e}"]


def exponent(number: float) -> int:
    """The power of ten of the first digit, after rounding to two digits."""
    return int(f"{number:.1e}".partition("e")[2])


def against_first(estimates: Sequence[Estimate]) -> list[float | None]:
    """The p-value of each mean's difference from the first, by Welch's t test, Holm-corrected.

    The correction is for all pairs: where the first is the best, it was chosen by its value.
    None of the first, and where there is nothing to test: fewer than two values, or constant ones.
    """
    pairs = combinations(range(len(estimates)), 2)
    found = {(i, j): welch(estimates[i], estimates[j]) for i, j in pairs}
    tested = {pair: p for pair, p in found.items() if p is not None}
    corrected = dict(zip(tested, holm([*tested.values()]), strict=True))
    return [corrected.get((0, j)) for j in range(len(estimates))]


def welch(one: Estimate, other: Estimate) -> float | None:
    # Runs of one seed begin alike and soon go their own ways. To pair them would halve the degrees
    # of freedom; where they do stay alike, this p is too large rather than too small.
    if not (one.error or other.error) or min(one.n, other.n) < 2:
        return None
    error = math.hypot(one.error, other.error)
    parts = [(e.error / error) ** 4 / (e.n - 1) for e in (one, other)]
    return 2 * float(stdtr(1 / sum(parts), -abs(one.mean - other.mean) / error))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values that hold for all of these tests together, whatever depends on what (Holm 1979)."""
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = largest
    return corrected
