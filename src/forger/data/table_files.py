"""Tables of numbers and names in files of several kinds."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from forger.data.decoding import load_arrays
from forger.errors import ForgerError


def read_table(file: Path) -> dict[str, Any]:
    """The columns of a table by name, each of n values, or the channels of n arrays; n >= 1.

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
    except UnicodeDecodeError as error:
        raise ForgerError(f"data.file (={file}) is not in UTF-8: save it in UTF-8") from error
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
    # A row with a number in it is no row of names, but pandas calls columns 0, 1, ... as well.
    numbered = [str(i) for i in range(len(rows[0]))]
    nameless = rows[0] != numbered and any(map(is_number, rows[0]))
    names = numbered if nameless else rows.pop(0)
    if len(set(names)) < len(names):
        raise ValueError("two of its columns have one name")
    if odd := next((i for i, row in enumerate(rows, 1) if len(row) != len(names)), None):
        raise ValueError(f"row {odd} has {len(rows[odd - 1])} values, not {len(names)}")
    return dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))


def read_npy(file: Path) -> Mapping[str, Any]:
    table = load_arrays(file)
    if not isinstance(table, np.ndarray):
        raise ValueError("it has several arrays: give one of them")
    if table.ndim < 2:
        raise ValueError(f"its shape is {list(table.shape)}: save it as (rows, columns)")
    # (n, C, ...) -> C of (n, ...)
    return {str(i): column for i, column in enumerate(np.moveaxis(table, 1, 0))}


def read_parquet(file: Path) -> Mapping[str, Any]:
    # Only who reads such files has to install it.
    from pyarrow import parquet

    table = parquet.read_table(file)
    return {name: table[name].to_numpy() for name in table.column_names}


def is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True


def number(text: str) -> float:
    """The number that a text is. Raises ValueError for 1_000 too, which Python would take."""
    if "_" in text:
        raise ValueError(f"could not convert string to float: {text!r}")
    return float(text)
