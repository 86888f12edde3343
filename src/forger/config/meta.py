"""Networks without memory, on torch's device "meta"."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading_nothing() -> Iterator[None]:
    """Weights that a constructor loads go nowhere here: torch's warning of each is left out."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*copying from a non-meta parameter")
        yield


def asks_for_values(error: BaseException | None) -> bool:
    """Whether an error, or its cause, is of an operation that needs the values of tensors.

    Tensors without memory have none, as torch says in many ways.
    """
    while error is not None:
        text = str(error)
        # Not any error, since its text may quote what a stranger wrote.
        if isinstance(error, RuntimeError) and re.search(r"\bmeta\b|register_meta", text, re.I):
            return True
        if text.startswith("can't convert meta device type tensor to numpy"):
            return True
        error = error.__cause__
    return False
