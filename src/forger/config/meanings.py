"""What settings mean: the comments above them in conf/, and the docstrings of what they build."""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Setting(NamedTuple):
    """A leaf of a file in conf/: its path in it, its value as written, and whose argument it is."""

    path: str
    value: str
    comment: str
    target: str


def settings_in(file: Path) -> Iterator[Setting]:
    """Every leaf of a file in conf/, those that a class gets and those of the root."""
    text = file.read_text("utf-8")

    def walk(node: yaml.MappingNode, path: str, target: str) -> Iterator[Setting]:
        target = next((v.value for k, v in node.value if k.value == "_target_"), target)
        for key, value in node.value:
            full = f"{path}.{key.value}".lstrip(".")
            if isinstance(value, yaml.MappingNode) and value.value:
                yield from walk(value, full, target)
            elif key.value != "defaults" and not key.value.startswith("_"):
                written = text[value.start_mark.index : value.end_mark.index]
                yield Setting(full, written, comment_above(text, key.start_mark.line), target)

    node = yaml.compose(text)
    return walk(node, "", "") if isinstance(node, yaml.MappingNode) else iter(())


def comment_above(text: str, line: int) -> str:
    """The comment right above a line of a file, unless the file begins with it."""
    before = [words.strip() for words in text.splitlines()[:line]]
    comment = list(takewhile(lambda words: words.startswith("#"), reversed(before)))
    if len(comment) == line:
        return ""
    return " ".join(words.lstrip("# ") for words in reversed(comment))


def parameter_meaning(target: str, name: str) -> str:
    """What a docstring of Forger's own says of a parameter; other packages have their own pages."""
    if not target.startswith("forger."):
        return ""
    try:
        found = pkgutil.resolve_name(target)
    # A stored run may name what there is no longer.
    except (ImportError, AttributeError):
        return ""
    classes = inspect.getmro(found) if inspect.isclass(found) else [found]
    meanings = (described(c).get(name, "") for c in classes if c.__module__.startswith("forger."))
    meaning = next(filter(None, meanings), "").strip().replace("None", "null")
    if meaning[1:2].isalpha():
        meaning = meaning[0].upper() + meaning[1:]
    return meaning


def described(found: Any) -> dict[str, str]:
    """What a docstring says of each parameter: `a, b: what they are.`"""
    names = "|".join(inspect.signature(found).parameters) or "-"
    split = re.split(rf"(?m)(?:^|(?<=\. ))((?:(?:{names}), )*(?:{names})): ", docstring(found))
    return {
        name: re.split(r"\n|(?<=\.) (?=[A-Z])", meaning)[0]
        for keys, meaning in zip(split[1::2], split[2::2], strict=True)
        for name in keys.split(", ")
    }


def docstring(found: Any) -> str:
    """A docstring, each paragraph a line."""
    paragraphs = (inspect.getdoc(found) or "").split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
