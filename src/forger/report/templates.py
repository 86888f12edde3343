"""Texts made of the templates beside the code: pages in HTML, and Markdown."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from forger.report.tables import show
from forger.report.text import literal


def render(template: Path, **facts: Any) -> str:
    """The template with these facts in it, of which any characters stay text in HTML."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"show": show, "exact": exact, "link": link, "literal": literal}
    return environment.get_template(template.name).render(facts)


def exact(value: Any) -> Any:
    """The number that a cell of a table is sorted by."""
    return getattr(value, "mean", value)


def link(run: Path, folder: Path) -> str:
    """The address of a run's folder in a page in `folder`, with any characters in its name."""
    # Bytes, since a folder's name may not be valid UTF-8.
    return quote(os.fsencode(os.path.relpath(run, folder.absolute())))
