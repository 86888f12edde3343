"""Suggestions of names in error sentences."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any


def nearest(word: str, choices: Iterable[str]) -> str:
    """`: did you mean x?`, or the list of all choices when none is near."""
    names = [name for name in choices if name != "self"]
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f": did you mean {close[0]}?"
    return f": give one of {', '.join(sorted(names))}" if names else ""


def dotted(node: Any, path: str = "") -> Iterator[str]:
    """The path of every setting and every node in a configuration, but names of classes."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name != "_target_":
            yield f"{path}{name}"
            yield from dotted(value, f"{path}{name}.")


def ends_in(last: str, paths: Iterable[str]) -> list[str]:
    """Those of the paths whose last part this is."""
    return [path for path in paths if path.rpartition(".")[2] == last]
