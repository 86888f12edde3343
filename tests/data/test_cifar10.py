import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from forger.data.cifar10 import CIFAR10
from forger.errors import ForgerError
from forger.verbs import train_evaluator
from tiny import composed


def make(root: Path, validation_size: int = 8) -> CIFAR10:
    return CIFAR10(
        root=root,
        validation_size=validation_size,
        shape=[3, 32, 32],
        batch_size=4,
        seed=0,
        evaluator="cifar10",
        classes=10,
    )


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """CIFAR-10 in torchvision's layout with 50 training and 10 test images."""
    folder = tmp_path / datasets.CIFAR10.base_folder
    folder.mkdir()
    generator = np.random.default_rng(0)
    sums = {}

    def write(name: str, content: object) -> list[str]:
        (folder / name).write_bytes(pickle.dumps(content))
        sums[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
        return [name, sums[name]]

    def batch(name: str) -> list[str]:
        data = generator.integers(256, size=(10, 3072), dtype=np.uint8)
        return write(name, {"data": data, "labels": list(range(10))})

    lists = {
        "train_list": [batch(f"data_batch_{i}") for i in range(1, 6)],
        "test_list": [batch("test_batch")],
    }
    write("batches.meta", {"label_names": list("abcdefghij")})
    for name, value in lists.items():
        monkeypatch.setattr(datasets.CIFAR10, name, value)
    meta = datasets.CIFAR10.meta | {"md5": sums["batches.meta"]}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    return tmp_path


def test_the_last_training_images_are_set_apart(archive: Path) -> None:
    data = make(archive)
    data.setup()
    raw = [
        pickle.loads((archive / "cifar-10-batches-py" / f"data_batch_{i}").read_bytes())["data"]
        for i in range(1, 6)
    ]
    images = torch.from_numpy(np.concatenate(raw)).view(50, 3, 32, 32)
    assert torch.equal(data.splits["train"].examples, images[:42])
    assert torch.equal(data.splits["validation"].examples, images[42:])
    assert data.splits["validation"].labels.tolist() == list(range(2, 10))
    assert data.splits["test"].examples.shape == (10, 3, 32, 32)


def test_its_evaluator_is_made_by_the_verb(archive: Path) -> None:
    small = ["data.validation_size=0", "data.batch_size=4", "epochs=1"]
    settings = ["data=cifar10", f"data.root={archive}", *small]
    train_evaluator.run(composed(*settings, verb="train-evaluator"))
    assert (archive / "evaluators" / "cifar10.safetensors").is_file()


def test_an_offline_machine_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.CIFAR10, "url", f"file://{tmp_path}/nowhere.tar.gz")
    with pytest.raises(ForgerError, match=r"CIFAR-10 is not in .*internet.*cifar-10-python"):
        make(tmp_path).setup()


@pytest.mark.parametrize("size", [-1, 50])
def test_a_validation_size_out_of_range_is_refused(archive: Path, size: int) -> None:
    with pytest.raises(ForgerError, match=rf"validation_size \(={size}\)"):
        make(archive, size).setup()
