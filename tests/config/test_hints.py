"""Types in the words of someone who writes YAML."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from torch import Tensor, nn

from forger.config.hints import describe


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (Sequence[int], "a list of whole numbers"),
        (Sequence[Sequence[float]], "a list of lists of numbers"),
        (Mapping[str, int], "a dictionary"),
        (tuple[float | Tensor, float | Tensor], "a list of numbers"),
        (float | Tensor, "a number"),
        (Tensor | None, "a node with a _target_ or null"),
        (list[nn.Module] | nn.Module | None, "a list of nodes with a _target_ or null"),
    ],
)
def test_a_hint_is_said_without_the_names_of_python_classes(hint: Any, words: str) -> None:
    assert describe(hint) == words
