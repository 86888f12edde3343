"""Data sets of PyTorch, such as torchvision's."""

from collections.abc import Sized
from dataclasses import dataclass
from operator import index
from typing import Any, cast

import torch
from PIL.Image import Image
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms.functional import pil_to_tensor

from forger.data.decoding import convert
from forger.data.memory import InMemory, hold_out
from forger.data.minibatches import Split
from forger.errors import ForgerError, try_call


@dataclass(kw_only=True, eq=False, repr=False)
class TorchDataset(InMemory):
    """Map-style data sets, of which all items are read once: an example, or one and its class.

    An example is an image of Pillow's, which becomes grey where `shape` has one channel; bytes
    (C, H, W); floats (C, H, W) in [0, 1], as of torchvision's ToTensor, which become bytes; or a
    point, floats (d,). train: training examples. test: test examples; None: there are none.
    validation_size: number of the last training examples that are set apart for validation.
    class_names: None: `classes` of the training data set, which torchvision's have.
    Raises ForgerError for other items.
    """

    train: Dataset
    test: Dataset | None
    validation_size: int

    def load(self) -> dict[str, Split]:
        names = getattr(self.train, "classes", None)
        if self.class_names is None and isinstance(names, list | tuple):
            self.class_names = list(map(str, names))
        train, validation = hold_out(self.read("train", self.train), self.validation_size)
        test = self.read("test", self.test) if self.test else Split(*(part[:0] for part in train))
        return {"train": train, "validation": validation, "test": test}

    def read(self, name: str, dataset: Dataset) -> Split:
        """All items of a data set; its name is that of the setting."""
        what = f"data.{name} cannot be read as a map-style data set of PyTorch"
        items = try_call(lambda: [dataset[i] for i in range(len(cast(Sized, dataset)))], what)
        if not items:
            raise ForgerError(f"data.{name} is empty: give a data set with items")
        pairs = [(*item, 0)[:2] if isinstance(item, tuple | list) else (item, 0) for item in items]
        what = f"data.{name}, whose items should be an example and its class, all of one shape"
        examples = try_call(lambda: torch.stack([self.tensor(pair[0]) for pair in pairs]), what)
        # index(), unlike int(), takes no 0.7 for class 0.
        labels = try_call(lambda: torch.tensor([index(pair[1]) for pair in pairs]), what)
        if len(self.shape) != 3:
            return Split(examples.float(), labels)
        return Split(as_bytes(examples, f"data.{name}"), labels)

    def tensor(self, example: Any) -> Tensor:
        if isinstance(example, Image):
            return pil_to_tensor(convert(example, self.shape[0], "white"))
        tensor = torch.as_tensor(example)
        dense = tensor.layout == torch.strided and not (tensor.is_meta or tensor.is_quantized)
        if not dense or tensor.is_complex():
            kind = f"{tensor.dtype}, {tensor.layout}, on {tensor.device}"
            raise ValueError(f"an example is a tensor of {kind}: give a dense one of real numbers")
        return tensor


def as_bytes(images: Tensor, name: str) -> Tensor:
    """Images (n, C, H, W) as bytes; ForgerError, which begins with `name`, for what is no image."""
    if images.dtype == torch.uint8:
        # Such as a mask of 0 and 1.
        if images.max() <= 1:
            raise ForgerError(
                f"{name} has images of bytes with no value above {images.max()}, where 255 is"
                " white: multiply them by 255"
            )
        return images
    if not images.is_floating_point() or images.ndim != 4:
        raise ForgerError(
            f"{name} has examples of {images.dtype} and shape {list(images.shape[1:])}, which are"
            " no images: give (C, H, W) in torch.uint8 or floats, or data.shape=[d] for points"
        )
    low, high = (value.item() for value in images.aminmax())
    # NaN is in no range.
    if not (low >= 0 and high <= 1):
        raise ForgerError(
            f"{name} has images with values from {low:.3g} to {high:.3g}, not in [0, 1]: leave out"
            " its Normalize, since images are scaled to the range of the generator"
        )
    return (255 * images).round().to(torch.uint8)
