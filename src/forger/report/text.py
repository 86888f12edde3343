"""Texts as CSV and Markdown take them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from forger.report.tables import show


def plain(value: Any) -> Any:
    """A value for CSV: a text on one line, which no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    text = one_line(value)
    # A spreadsheet runs a text that begins with one of these as a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def markdown(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [[literal(show(value)) for value in row] for row in (heads, *rows)]
    return [f"| {' | '.join(line)} |" for line in [lines[0], ["---"] * len(heads), *lines[1:]]]


def literal(text: str) -> str:
    """A text on one line in which Markdown finds no cell, markup, emphasis or link."""
    return re.sub(r"[\\`*|<]|\](?=[(\[])", r"\\\g<0>", one_line(text))


def one_line(text: str) -> str:
    return " ".join(text.split())
