from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

from forger.data.torch_dataset import TorchDataset
from forger.errors import ForgerError

BYTES = torch.arange(10 * 3 * 2 * 2, dtype=torch.uint8).view(10, 3, 2, 2)
LABELS = torch.arange(10) % 3


class Pictures(Dataset):
    """Images of Pillow's, in a mode of their own."""

    classes = ("a", "b", "c")

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        array = BYTES[index].permute(1, 2, 0).numpy()  # (C, H, W) -> (H, W, C)
        return Image.fromarray(array).convert(self.mode), int(LABELS[index])


def read(train: Any, test: Any = None, shape: tuple[int, ...] = (3, 2, 2)) -> TorchDataset:
    data = TorchDataset(
        train=train, test=test, validation_size=4, shape=shape, batch_size=2, seed=0
    )
    data.setup()
    return data


@pytest.mark.parametrize(
    "dataset", [TensorDataset(BYTES, LABELS), TensorDataset(BYTES / 255, LABELS), Pictures("RGB")]
)
def test_bytes_floats_and_pictures_are_the_same_images(dataset: Dataset) -> None:
    splits = read(dataset, dataset).splits
    assert torch.equal(splits["train"].examples, BYTES[:6])
    assert torch.equal(splits["validation"].examples, BYTES[6:])
    assert torch.equal(splits["test"].labels, LABELS)


def test_pictures_become_grey_where_shape_has_one_channel() -> None:
    assert read(Pictures("RGBA"), shape=(1, 2, 2)).splits["train"].examples.shape == (6, 1, 2, 2)


def test_classes_have_the_names_of_the_data_set() -> None:
    assert read(Pictures("RGB")).class_names == ["a", "b", "c"]


def test_pictures_of_16_bits_keep_the_upper_eight_as_in_a_folder() -> None:
    pictures = [Image.fromarray(np.full((2, 2), 256 * i, np.uint16)) for i in range(10)]
    examples = read(pictures, shape=(1, 2, 2)).splits["train"].examples
    assert examples[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_points_and_items_without_a_class_are_taken() -> None:
    class Points(Dataset):
        def __len__(self) -> int:
            return 10

        def __getitem__(self, index: int) -> Tensor:
            return torch.full((5,), float(index), dtype=torch.float64)

    train = read(Points(), shape=(5,)).splits["train"]
    assert train.examples.dtype == torch.float32
    assert train.examples[3].tolist() == [3] * 5
    assert not train.labels.any()


def unlike() -> list[Any]:
    return [(BYTES[0], 0), (BYTES[0, :1], 0)]


@pytest.mark.parametrize(
    ("train", "sentence"),
    [
        (lambda: TensorDataset(BYTES / 127.5 - 1, LABELS), r"values from -1 to .*its Normalize"),
        (lambda: 3, r"data\.train cannot be read as a map-style data set"),
        (unlike, r"data\.train, whose items should be .* all of one shape"),
        (list, r"data\.train is empty"),
        (lambda: [(BYTES[0], 0.7)], r"data\.train, whose items should be an example and its class"),
        (lambda: [(BYTES[0].long(), 0)], r"examples of torch\.int64 and shape \[3, 2, 2\]"),
        (lambda: [(torch.full((3, 2, 2), torch.nan), 0)], r"values from nan to nan"),
        (lambda: TensorDataset(BYTES // 64 % 2, LABELS), r"no value above 1, .*: multiply them by"),
        (lambda: [(Image.new("F", (2, 2)), 0)], r"pixels of 32 bits, whose range is unknown"),
        (lambda: [(BYTES[0], "a")], r"data\.train, whose items should be an example and its class"),
    ],
)
def test_other_items_are_refused(train: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        read(train())


@pytest.mark.parametrize(
    "example",
    [torch.eye(2).to_sparse(), torch.empty(2, 2, device="meta"), torch.eye(2, dtype=torch.cfloat)],
    ids=["sparse", "meta", "complex"],
)
@pytest.mark.parametrize("shape", [(1, 2, 2), (2, 2)], ids=["image", "points"])
def test_examples_that_are_no_dense_real_numbers_are_refused(
    example: Tensor, shape: tuple[int, ...]
) -> None:
    examples = [example.unsqueeze(0) if len(shape) == 3 else example] * 10
    with pytest.raises(ForgerError, match=r"data\.train.*: give a dense one of real numbers"):
        read(examples, shape=shape)
