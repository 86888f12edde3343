"""Rows of a table as points."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from forger.data.decoding import load_arrays
from forger.data.find_images import natural
from forger.data.memory import InMemory, check_shares
from forger.data.minibatches import Split
from forger.errors import ForgerError
from forger.units import Units

# How a missing class is written.
MISSING = {"", "None", "nan", "NaN"}


@dataclass(kw_only=True, eq=False, repr=False)
class Table(InMemory):
    """The rows of a .csv, .npy or .parquet file as points, float32 (n, d).

    file: the table. Columns without names, as in .npy and in a .csv whose first row has a number,
    are called 0, 1, ...
    label: name of the column that has the classes, which is no part of the points; None: all rows
    are of one class. class_names: the classes in the order of their labels, others follow; None: in
    natural order, 2 before 10. standardise: whether each column is shifted and scaled to the mean 0
    and the standard deviation 1 of the training rows. validation_share, test_share: fractions of
    the rows that are set apart, chosen at random by split_seed.
    Raises ForgerError if the file cannot be read, or a value is missing or not a number.
    """

    file: Path
    label: str | int | None
    standardise: bool
    validation_share: float
    test_share: float
    split_seed: int
    class_names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self.validation_share, self.test_share)
        self.file = Path(self.file).expanduser()

    def load(self) -> dict[str, Split]:
        columns = read_table(self.file)
        labels = self.take_labels(columns)
        names = list(columns)
        points = np.stack([self.numbers(*column) for column in columns.items()], 1)  # (n, d)
        if self.shape != points.shape[1:]:
            raise ForgerError(
                f"data.shape (={list(self.shape)}) must be [{points.shape[1]}]: {self.file} has so"
                " many columns of numbers"
            )
        order = torch.randperm(
            len(points), generator=torch.Generator().manual_seed(self.split_seed)
        ).numpy()
        test = round(self.test_share * len(points))
        held_out = test + round(self.validation_share * len(points))
        rows = {"train": order[held_out:], "validation": order[test:held_out], "test": order[:test]}
        self.units = Units(names=names, mean=None, deviation=None)
        if self.standardise:
            mean, deviation = mean_and_deviation(points[rows["train"]])
            self.units |= {"mean": mean.tolist(), "deviation": deviation.tolist()}
            # A constant column becomes 0.
            points = (points - mean) / np.where(deviation > 0, deviation, 1)
        examples = torch.from_numpy(points.astype(np.float32))
        return {name: Split(examples[part], labels[part]) for name, part in rows.items()}

    def take_labels(self, columns: dict[str, Any]) -> torch.Tensor:
        """The class of each row, int64 (n,), whose column is taken out of the table."""
        if self.label is None:
            return torch.zeros(len(next(iter(columns.values()))), dtype=torch.int64)
        if str(self.label) not in columns:
            raise ForgerError(
                f"data.label (={self.label}) is not a column of {self.file}: give one of"
                f" {', '.join(list(columns)[:20])}"
            )
        names = [str(name) for name in columns.pop(str(self.label))]
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
            numbers = np.array([*map(float, values)] if texts else found, np.float64)
        except (TypeError, ValueError) as error:
            raise ForgerError(
                f"column {name} of {self.file} has other values than numbers ({error}): give it as"
                " data.label, or remove it"
            ) from error
        if not (np.abs(numbers) <= np.finfo(np.float32).max).all():
            raise ForgerError(
                f"column {name} of {self.file} has values that are missing, not finite or beyond"
                " float32: remove their rows, or the column"
            )
        return numbers


def mean_and_deviation(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of each column of points (n, d), (d,) both: of a constant one its value and 0."""
    low, high = points.min(0), points.max(0)
    # Not by the deviation, which rounding may leave above 0.
    constant = low == high
    return np.where(constant, low, points.mean(0)), np.where(constant, 0, points.std(0))


def read_table(file: Path) -> dict[str, Any]:
    """The columns of a table by name, each of n values; there is at least one row.

    Raises ForgerError if the file is none that can be read.
    """
    readers = {".csv": read_csv, ".npy": read_npy, ".parquet": read_parquet}
    if file.suffix not in readers:
        raise ForgerError(f"data.file (={file}) must end in {', '.join(readers)}")
    try:
        columns = dict(readers[file.suffix](file))
    except FileNotFoundError as error:
        raise ForgerError(f"data.file (={file}) does not exist: give data.file=PATH") from error
    except ImportError as error:
        raise ForgerError(f"reading {file} needs pyarrow: pip install -e '.[table]'") from error
    except (OSError, EOFError, ValueError, csv.Error) as error:
        raise ForgerError(f"data.file (={file}) cannot be read: {error}") from error
    if not columns or not len(next(iter(columns.values()))):
        raise ForgerError(f"data.file (={file}) has no rows: give another file")
    if odd := next((name for name in columns if "${" in name), None):
        # In a checkpoint's configuration it would be read as an interpolation.
        raise ForgerError(f"column {odd} of {file} has ${{ in its name: rename it")
    return columns


def read_csv(file: Path) -> Mapping[str, Any]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        rows = [row for row in csv.reader(lines) if row]
    if not rows:
        return {}
    if len(rows[0]) == 1 and (found := {";", "\t"}.intersection(rows[0][0])):
        raise ValueError(f"its columns are separated by {found.pop()!r}: separate them by commas")
    # A row with a number in it is no row of names.
    names = [str(i) for i in range(len(rows[0]))] if any(map(is_number, rows[0])) else rows.pop(0)
    if len(set(names)) < len(names):
        raise ValueError("two of its columns have one name")
    if odd := next((i for i, row in enumerate(rows, 1) if len(row) != len(names)), None):
        raise ValueError(f"row {odd} has {len(rows[odd - 1])} values, not {len(names)}")
    return dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))


def read_npy(file: Path) -> Mapping[str, Any]:
    table = load_arrays(file)
    if not isinstance(table, np.ndarray):
        raise ValueError("it has several arrays: give one of them")
    if table.ndim != 2:
        raise ValueError(f"its shape is {list(table.shape)}: save it as (rows, columns)")
    return {str(i): column for i, column in enumerate(table.T)}


def read_parquet(file: Path) -> Mapping[str, Any]:
    # Only who reads such files has to install it.
    from pyarrow import parquet

    table = parquet.read_table(file)
    return {name: table[name].to_numpy() for name in table.column_names}


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
