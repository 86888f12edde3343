"""Rows of a table as points."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from forger.data.find_images import natural
from forger.data.memory import InMemory, check_shares
from forger.data.minibatches import Split
from forger.data.table_files import number, read_table
from forger.data.units import Units
from forger.errors import ForgerError

# How a missing class is written.
MISSING = {"", "None", "nan", "NaN"}


@dataclass(kw_only=True, eq=False, repr=False)
class Table(InMemory):
    """The rows of a .csv, .npy or .parquet file as points, float32 (n, d), or (n, *shape).

    file: the table; rows may have the numbers of a signal, channel by channel, and an .npy file
    examples of any shape, (n, channels, length). Columns without names, as in .npy and in a .csv
    whose first row has a number, are called 0, 1, ...; a first row of 0, 1, ... is one of names.
    label: name of the column that has the classes, which is no part of the points; None: all rows
    are of one class. class_names: the classes in the order of their labels, others follow; None: in
    natural order, 2 before 10. standardise: whether each column or channel is shifted and scaled to
    the mean 0 and the standard deviation 1 of the training rows. validation_share, test_share:
    fractions of the rows that are set apart, chosen at random by split_seed.
    Raises ForgerError if the file cannot be read, or a value is missing or not a number.
    """

    file: Path
    label: str | int | None
    standardise: bool
    validation_share: float
    test_share: float
    split_seed: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self.validation_share, self.test_share)
        self.file = Path(self.file).expanduser()

    def load(self) -> dict[str, Split]:
        columns = read_table(self.file)
        labels = self.take_labels(columns)
        # (n, d), or (n, C, ...) of an array that has such a shape.
        points = np.stack([self.numbers(*column) for column in columns.items()], 1)
        points = self.shaped(points)
        # Rows may have all channels of a signal one after another.
        names = list(columns) if len(columns) == self.shape[0] else map(str, range(self.shape[0]))
        order = torch.randperm(
            len(points), generator=torch.Generator().manual_seed(self.split_seed)
        ).numpy()
        test = round(self.test_share * len(points))
        held_out = test + round(self.validation_share * len(points))
        rows = {"train": order[held_out:], "validation": order[test:held_out], "test": order[:test]}
        self.units = Units(names=list(names), mean=None, deviation=None)
        if self.standardise:
            mean, deviation = mean_and_deviation(points[rows["train"]])
            self.units["mean"] = mean.ravel().tolist()
            self.units["deviation"] = deviation.ravel().tolist()
            # A constant column becomes 0.
            points = (points - mean) / np.where(deviation > 0, deviation, 1)
        examples = torch.from_numpy(points.astype(np.float32))
        return {name: Split(examples[part], labels[part]) for name, part in rows.items()}

    def shaped(self, points: np.ndarray) -> np.ndarray:
        """The numbers of all rows as examples (n, *shape); ForgerError if they are of another."""
        found = list(points.shape[1:])
        if found == list(self.shape) or found == [math.prod(self.shape)]:
            return points.reshape(len(points), *self.shape)
        why = "has examples of this shape"
        if len(found) == 1:
            more = f", or sizes whose product is {found[0]}" if len(self.shape) > 1 else ""
            why = f"has so many columns of numbers{more}"
        raise ForgerError(f"data.shape (={list(self.shape)}) must be {found}: {self.file} {why}")

    def take_labels(self, columns: dict[str, Any]) -> torch.Tensor:
        """The class of each row, int64 (n,), whose column is taken out of the table."""
        if self.label is None:
            if self.classes and not self.clusters:
                raise ForgerError(
                    f"data.classes is {self.classes}, but data.label is null: give"
                    " data.label=COLUMN, the column that has the classes"
                )
            return torch.zeros(len(next(iter(columns.values()))), dtype=torch.int64)
        if str(self.label) not in columns:
            raise ForgerError(
                f"data.label (={self.label}) is not a column of {self.file}: give one of"
                f" {', '.join(list(columns)[:20])}"
            )
        column = columns.pop(str(self.label))
        if np.ndim(column) > 1:
            raise ForgerError(
                f"data.label (={self.label}) is a channel of {self.file}, not a column: give rows"
                " of all channels one after another, and a class"
            )
        names = [str(name) for name in column]
        if not MISSING.isdisjoint(names):
            raise ForgerError(
                f"data.label (={self.label}) has missing values in {self.file}: remove their rows"
            )
        if not columns:
            raise ForgerError(
                f"{self.file} has no column beside data.label (={self.label}): give another table"
            )
        given = list(self.class_names or ())
        if len(set(given)) < len(given):
            raise ForgerError(f"data.class_names (={given}) has a name twice: give each once")
        self.class_names = [*given, *sorted(set(names).difference(given), key=natural)]
        numbers = {name: label for label, name in enumerate(self.class_names)}
        return torch.tensor([numbers[name] for name in names])

    def numbers(self, name: str, values: Any) -> np.ndarray:
        """The values of a column, float64 (n,)."""
        try:
            found = np.asarray(values)
            if found.dtype.kind in "bcmM":
                raise TypeError(f"they are of type {found.dtype}")
            # NumPy's own error would name a text as np.str_('x').
            texts = found.dtype.kind == "U"
            numbers = np.array([*map(number, values)] if texts else found, np.float64)
        except (TypeError, ValueError) as error:
            raise ForgerError(
                f"column {name} of {self.file} has other values than numbers ({error}): write"
                " numbers, such as 1234.5, give it as data.label, or remove it"
            ) from error
        if not (np.abs(numbers) <= np.finfo(np.float32).max).all():
            raise ForgerError(
                f"column {name} of {self.file} has values that are missing, not finite or beyond"
                " float32: remove their rows, or the column"
            )
        return numbers


def mean_and_deviation(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of each column or channel of points (n, C, ...): of a constant one its value and 0.

    Both are (1, C, 1, ...). A channel has one of each, since a signal whose points were scaled each
    by its own would be bent.
    """
    axes = (0, *range(2, points.ndim))
    low, high, mean, deviation = (
        of(points, axes, keepdims=True) for of in (np.min, np.max, np.mean, np.std)
    )
    # Not by the deviation, which rounding may leave above 0.
    constant = low == high
    return np.where(constant, low, mean), np.where(constant, 0, deviation)
