"""Networks without memory, on torch's device "meta"."""

import re


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
