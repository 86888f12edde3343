"""Between the numbers of networks and those of a file: the only place where units change back."""

from collections.abc import Mapping
from typing import Any, TypedDict

import torch
from torch import Tensor


class Units(TypedDict):
    """What the numbers of examples (n, C, ...) are in their file: C columns, or channels.

    names: of the columns. mean, deviation: networks see (x - mean) / deviation of each; None: they
    see x itself. A constant column has the deviation 0. Plain lists, since checkpoints have them.
    """

    names: list[str]
    mean: list[float] | None
    deviation: list[float] | None


def units_of(config: Mapping[str, Any]) -> Units | None:
    """The units in the configuration of a GAN; None of images, and of points without a file."""
    return config.get("units")


def to_file(examples: Tensor, units: Units | None) -> Tensor:
    """Examples (n, C, ...) as networks have them, in the units of their file.

    float64 where they were shifted and scaled: a column may be far from 0 and narrow.
    """
    if units is None or units["mean"] is None:
        return examples
    mean, deviation = by_column(examples, units)
    return examples.double() * deviation + mean


def to_training(examples: Tensor, units: Units | None) -> Tensor:
    """The way back from `to_file`: examples as networks have them, of a constant column 0."""
    if units is None or units["mean"] is None:
        return examples
    mean, deviation = by_column(examples, units)
    return (examples - mean) / deviation.where(deviation > 0, 1)


def by_column(examples: Tensor, units: Units) -> list[Tensor]:
    """Mean and deviation, float64 (C, 1, ...) each, for examples (n, C, ...)."""
    size = [-1] + [1] * (examples.ndim - 2)
    return [
        torch.tensor(units[name], dtype=torch.float64, device=examples.device).view(size)
        for name in ("mean", "deviation")
    ]
