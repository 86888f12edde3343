"""Texts as CSV and Markdown take them."""

import re
from typing import Any


def plain(value: Any) -> Any:
    """A value for CSV: a text on one line, which no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    text = one_line(value)
    # A spreadsheet runs a text that begins with one of these as a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def literal(text: str) -> str:
    """A text on one line in which Markdown finds no cell, markup, emphasis or link."""
    return re.sub(r"[\\`*|<]|\](?=[(\[])", r"\\\g<0>", one_line(text))


def one_line(text: str) -> str:
    return " ".join(text.split())
