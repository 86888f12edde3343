"""A cache of metric values in files."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from forger.errors import ForgerError
from forger.runs.files import atomic_write

Values = dict[str, float]


def measured_once(folder: Path, facts: dict[str, Any], measure: Callable[[], Values]) -> Values:
    """The result of `measure`, from a file if there is one for these facts.

    A file that is damaged, or that cannot be written, costs time and nothing else.
    """
    text = json.dumps(facts, sort_keys=True)  # sorted: the order of the facts makes no difference
    file = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    try:
        kept = json.loads(file.read_text("utf-8"))
        # The whole facts are compared, since the file name has only a part of their hash.
        if kept["facts"] == json.loads(text):
            return {str(name): float(value) for name, value in kept["values"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    values = measure()
    try:
        with atomic_write(file) as partial_file:
            # json writes Infinity too, which a divergence may be.
            partial_file.write_text(json.dumps({"facts": facts, "values": values}))
    except ForgerError:
        pass
    return values


def sha256(tensor: Tensor | None) -> str | None:
    if tensor is None:
        return None
    return hashlib.sha256(tensor.contiguous().numpy().data).hexdigest()


def code() -> str:
    """SHA-256 of the metrics' source: what other code measured is not taken for theirs."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
