"""Types in the words of someone who writes YAML."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from torch import Tensor, nn

from forger.config.hints import describe


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (Sequence[int], "list[int]"),
        (Sequence[Sequence[float]], "list[list[float]]"),
        (Mapping[str, int], "dict"),
        (tuple[float | Tensor, float | Tensor], "list[float]"),
        (float | Tensor, "float"),
        (Tensor | None, "a node with a _target_ | None"),
        (list[nn.Module] | nn.Module | None, "list[a node with a _target_] | None"),
    ],
)
def test_a_hint_is_said_without_the_names_of_python_classes(hint: Any, words: str) -> None:
    assert describe(hint) == words
