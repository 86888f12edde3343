from typing import Any

import numpy as np
import pytest

from forger.checks import check_positive


def test_sizes_of_one_and_more_pass() -> None:
    of_numpy: Any = np.int64(2)
    check_positive(k=1, n=of_numpy, widths=[1, 200], shape=(1, 28, 28), units=[])


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"k": 0}, r"k \(=0\) must be at least 1"),
        ({"k": 1, "latent_dim": -3}, r"latent_dim \(=-3\) must be at least 1"),
        ({"widths": [128, 0]}, r"widths \(=\[128, 0\]\) must be at least 1"),
    ],
)
def test_a_size_below_one_is_named_with_its_value(sizes: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_positive(**sizes)
