"""Toy distributions with a known density."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from forger.checks import check_not_negative, check_positive, fits_memory
from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.errors import ForgerError
from forger.seeds import derive_seed


@dataclass(kw_only=True, eq=False, repr=False)
class Toy(InMemory):
    """Points drawn once, float32 (n, d), labels int64 (n,).

    Children define in `sample_points` how. size: number of training points; validation and test
    have as many each, sampled from seeds of their own.
    """

    size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(size=self.size)
        # Three splits of float32, and twice as much while they are sampled.
        fits_memory(f"data.size (={self.size})", 24 * self.size * math.prod(self.shape))

    def load(self) -> dict[str, Split]:
        names = ("train", "validation", "test")
        generators = [torch.Generator().manual_seed(derive_seed(self.seed, i)) for i in range(3)]
        return {name: self.sample_points(g) for name, g in zip(names, generators, strict=True)}

    def sample_points(self, generator: torch.Generator) -> Split:
        """`size` fresh points."""
        raise NotImplementedError


@dataclass(kw_only=True, eq=False, repr=False)
class Gaussian1D(Toy):
    """Points of N(mean, std), the data of the paper's figure 1; float32 (n, 1)."""

    mean: float
    std: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(std=self.std)

    def sample_points(self, generator: torch.Generator) -> Split:
        points = self.mean + self.std * torch.randn(self.size, 1, generator=generator)
        return Split(points, torch.zeros(self.size, dtype=torch.int64))


@dataclass(kw_only=True, eq=False, repr=False)
class Mixture(Toy):
    """An equal mixture of Gaussians N(centre, std^2 I); labels are the numbers of their Gaussians.

    centres: points of d coordinates each, such as `ring` and `grid` lay out.
    """

    centres: Sequence[Sequence[float]]
    std: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(std=self.std)

    def sample_points(self, generator: torch.Generator) -> Split:
        labels = torch.randint(len(self.centres), (self.size,), generator=generator)
        centres = torch.tensor(self.centres)[labels]  # (modes, d) -> (size, d)
        return Split(centres + self.std * torch.randn(centres.shape, generator=generator), labels)


def ring(modes: int, radius: float) -> list[list[float]]:
    """Centres evenly on a circle, mode i at the angle 2 pi i / modes; no two coincide."""
    at_most_modes(modes)
    angles = [2 * math.pi * i / modes for i in range(modes)]
    return [[radius * math.cos(angle), radius * math.sin(angle)] for angle in angles]


def grid(side: int, spacing: float) -> list[list[float]]:
    """Centres on a square of side x side around the origin, `spacing` apart."""
    at_most_modes(side**2)
    places = [spacing * (i - (side - 1) / 2) for i in range(side)]
    return [[x, y] for x in places for y in places]


def at_most_modes(count: int) -> None:
    """Raises ForgerError for more modes than anybody could tell apart."""
    if count > 1_000_000:
        raise ForgerError(f"data.centres has {count} modes: give at most 1,000,000")


@dataclass(kw_only=True, eq=False, repr=False)
class SwissRoll(Toy):
    """Points on a spiral of 1.5 turns, its outer end at distance 1; float32 (n, 2).

    They are (cos t, sin t) t / (4.5 pi) with t uniform in (1.5 pi, 4.5 pi), plus N(0, noise^2 I):
    the cross-section of the roll of Marsland 2014, chapter 6, as scikit-learn's `make_swiss_roll`
    has it, scaled.
    """

    noise: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(noise=self.noise)

    def sample_points(self, generator: torch.Generator) -> Split:
        t = 1.5 * math.pi * (1 + 2 * torch.rand(self.size, 1, generator=generator))  # (size, 1)
        spiral = torch.cat([t.cos(), t.sin()], 1) * t / (4.5 * math.pi)  # (size, 2)
        points = spiral + self.noise * torch.randn(self.size, 2, generator=generator)
        return Split(points, torch.zeros(self.size, dtype=torch.int64))
