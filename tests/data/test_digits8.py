import pytest
import torch

from forger.data.digits8 import Digits8
from forger.errors import ForgerError


def make(validation_size: int = 200, test_size: int = 300) -> Digits8:
    return Digits8(
        validation_size=validation_size, test_size=test_size, shape=[1, 8, 8], batch_size=64, seed=0
    )


def test_each_digit_is_read_with_its_label() -> None:
    data = make()
    data.setup()
    assert {name: len(split.labels) for name, split in data.splits.items()} == {
        "train": 1297,
        "validation": 200,
        "test": 300,
    }
    images, labels = data.splits["train"]
    # The first row of the file is a 0: two strokes around an empty middle.
    assert labels[:10].tolist() == list(range(10))
    assert images[0, 0, 0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]
    assert int(images.max()) == 255
    both = torch.cat([split.labels for split in data.splits.values()])
    assert both.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize(
    ("sizes", "named"),
    [((-1, 300), "validation_size"), ((200, -1), "test_size"), ((1000, 797), "validation_size")],
)
def test_sizes_that_leave_nothing_are_refused(sizes: tuple[int, int], named: str) -> None:
    with pytest.raises(ForgerError, match=rf"data\.{named} \(="):
        make(*sizes).setup()
