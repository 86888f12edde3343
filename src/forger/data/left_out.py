"""Sentences on the files that are left out."""

import re
from collections.abc import Mapping, Sequence

# Paths of what is not taken, by the reason.
LeftOut = Mapping[str, Sequence[str]]


def left_out_text(left_out: LeftOut) -> str:
    """The end of a sentence that says what is left out; nothing if nothing is."""
    parts = [
        f"{len(paths)} {reason if len(paths) > 1 else one(reason)} ({shortened(paths, 3)})"
        for reason, paths in left_out.items()
        if paths
    ]
    return f"; left out: {', '.join(parts)}" if parts else ""


def one(reason: str) -> str:
    """The reason, of a single path."""
    return re.sub(r"\b(link|folder)s\b", r"\1", reason)


def shortened(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are; on one line of any terminal."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    text = ", ".join(names[:most]) + more
    # Names of files may contain characters that control a terminal.
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
