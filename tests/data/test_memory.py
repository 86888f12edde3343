import hashlib
import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.errors import ForgerError
from tiny import SHAPE, Images


def test_the_loader_gives_k_minibatches_at_a_time() -> None:
    data = Images(size=48, batch_size=4, k=3)
    data.setup()
    loader = data.train_dataloader()
    assert len(loader) == 4
    assert all(batch.examples.shape == (12, *SHAPE) for batch in loader)


def test_a_minibatch_larger_than_the_data_is_refused_with_both_numbers() -> None:
    with pytest.raises(ForgerError, match=r"batch_size \(=5\).*k \(=10\).*at most 48"):
        Images(size=48, batch_size=5, k=10).setup()
    Images(size=50, batch_size=5, k=10).setup()


def test_data_too_few_for_one_iteration_of_all_processes_are_refused() -> None:
    data = Images(size=48, batch_size=5, k=5)
    data.setup()
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    data.trainer = SimpleNamespace(strategy=strategy, global_rank=0, world_size=2)  # pyright: ignore
    with pytest.raises(ForgerError, match=r"batch_size \(=5\).* 2 processes must be at most 48"):
        data.train_dataloader()


def test_examples_of_another_shape_are_refused_with_both_shapes() -> None:
    class Cropped(Images):
        def load(self) -> dict[str, Split]:
            splits = super().load()
            return {name: Split(s.examples[..., :3], s.labels) for name, s in splits.items()}

    with pytest.raises(ForgerError, match=r"data.shape is \[1, 4, 4\].*examples are \[1, 4, 3\]"):
        Cropped().setup()


def test_images_whose_channels_are_last_are_told_how_to_turn_them() -> None:
    class ChannelsLast(Images):
        def load(self) -> dict[str, Split]:
            splits = super().load()
            return {n: Split(s.examples.permute(0, 2, 3, 1), s.labels) for n, s in splits.items()}

    with pytest.raises(ForgerError, match=r"are \[4, 4, 1\]: give channels first"):
        ChannelsLast().setup()


IMAGES, CLASSES = torch.zeros(8, *SHAPE, dtype=torch.uint8), torch.zeros(8, dtype=torch.int64)


@pytest.mark.parametrize(
    ("split", "found"),
    [
        (None, "test is a NoneType"),
        ((IMAGES, CLASSES), "test is a tuple"),
        (Split(IMAGES, None), "Tensor and NoneType"),  # pyright: ignore[reportArgumentType]
        (Split(IMAGES.double(), CLASSES), "float32 or torch.uint8 examples .* is torch.float64"),
        (Split(IMAGES[:, 0], CLASSES), "each of torch.float32 examples .* is torch.uint8"),
        (Split(IMAGES, CLASSES.byte()), "torch.uint8 and torch.uint8"),
        (Split(IMAGES, CLASSES[:3]), r"8 examples and labels of \[3\]"),
        (Split(IMAGES.to("meta"), CLASSES), "test is on meta, or requires a gradient"),
        (Split(torch.full((8, 2), math.nan), CLASSES), "test is of NaN or infinite numbers"),
    ],
)
def test_splits_that_would_train_on_something_else_are_refused(split: Any, found: str) -> None:
    data = Images()
    data.shape = split.examples.shape[1:] if isinstance(split, Split) else data.shape
    with pytest.raises(ForgerError, match=f"Images.load must return .*{found}"):
        data.check_split("test", split)


def test_images_of_floats_are_data_but_not_beside_bytes() -> None:
    class Floats(Images):
        def load(self) -> dict[str, Split]:
            splits = super().load()
            some = {name: Split(splits[name].examples / 255, splits[name].labels) for name in given}
            return splits | some

    given = ["train", "validation", "test"]
    data = Floats()
    data.setup()
    assert data.splits["train"].examples.dtype == torch.float32
    given = ["test"]
    with pytest.raises(ForgerError, match=r"returns splits of torch\..* and torch\..*: give all"):
        Floats().setup()


def test_names_are_as_many_as_classes() -> None:
    with pytest.raises(ForgerError, match=r"class_names has 2 names, but data\.classes is 3: give"):
        Images(classes=3, class_names=["cat", "dog"]).setup()
    Images(classes=2, class_names=["cat", "dog"]).setup()


def test_the_checksum_is_that_of_the_training_bytes() -> None:
    data = Images()
    data.setup()
    examples, labels = data.splits["train"]
    raw = bytes(examples.flatten().tolist())
    assert data.checksum == hashlib.sha256(raw).hexdigest()
    # Such as a transposed array.
    data.splits["train"] = Split(examples.transpose(0, 3).contiguous().transpose(0, 3), labels)
    assert data.checksum == hashlib.sha256(raw).hexdigest()


def test_the_data_are_loaded_once_however_often_they_are_set_up() -> None:
    class Counted(InMemory):
        loads = 0

        def load(self) -> dict[str, Split]:
            self.loads += 1
            split = Split(torch.zeros(8, 2), torch.zeros(8, dtype=torch.int64))
            return {"train": split, "validation": split, "test": split}

    data = Counted(shape=[2], batch_size=4, seed=0)
    for stage in ("fit", "validate", None):
        data.setup(stage)
    assert data.loads == 1


@pytest.mark.parametrize(("name", "size"), [("batch_size", 0), ("shape", [3, 0])])
def test_a_size_below_one_is_named(name: str, size: Any) -> None:
    sizes: dict[str, Any] = {"shape": [2], "batch_size": 4} | {name: size}
    with pytest.raises(ValueError, match=rf"{name} \(=.*0\]?\) must be at least 1"):
        InMemory(**sizes, seed=0)


@pytest.mark.parametrize(("memory_map", "where"), [(False, "meta"), (True, "cpu")])
def test_examples_go_to_the_training_device_unless_they_are_mapped(
    memory_map: bool, where: str
) -> None:
    data = Images()
    data.memory_map = memory_map
    data.setup()
    strategy = SimpleNamespace(root_device=torch.device("meta"))
    data.trainer = SimpleNamespace(strategy=strategy, global_rank=0, world_size=1)  # pyright: ignore
    assert data.train_dataloader().split.examples.device.type == where
