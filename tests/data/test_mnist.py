import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import datasets

from forger.data import mnist
from forger.data.idx import unpack
from forger.data.mnist import MNIST, SHIPPED
from forger.data.published import Package
from forger.errors import ForgerError
from server import serve
from tiny import composed
from write_idx import write_idx


def make(tmp_path: Path, dataset: type[datasets.MNIST] = datasets.MNIST, **settings: Any) -> MNIST:
    defaults: dict[str, Any] = {
        "root": tmp_path,
        "validation_size": 10_000,
        "shape": [1, 28, 28],
        "batch_size": 64,
        "seed": 0,
        "evaluator": "mnist",
        "classes": 10,
    }
    return MNIST(dataset=dataset, **(defaults | settings))


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, datasets.MNIST]:
    """torchvision's own reading of the archives."""
    root = tmp_path_factory.mktemp("torchvision")
    shutil.copytree(SHIPPED / "MNIST" / "raw", root / "MNIST" / "raw")
    return {
        name: datasets.MNIST(root, train=name == "train", download=True)
        for name in ("train", "test")
    }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> MNIST:
    data = make(tmp_path_factory.mktemp("data"))
    data.setup()
    return data


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped archives to do harm to, with no way to the internet."""
    copy = tmp_path / "archives"
    shutil.copytree(SHIPPED, copy)
    monkeypatch.setattr(mnist, "SHIPPED", copy)
    no_internet(monkeypatch, tmp_path)
    return copy / "MNIST" / "raw"


def no_internet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for dataset in (datasets.MNIST, datasets.FashionMNIST, datasets.KMNIST):
        monkeypatch.setattr(dataset, "mirrors", [f"file://{tmp_path}/nowhere/"])


def test_the_training_images_split_as_in_the_paper_and_the_test_set_stays_apart(
    loaded: MNIST, reference: dict[str, datasets.MNIST]
) -> None:
    assert {name: len(split.examples) for name, split in loaded.splits.items()} == {
        "train": 50_000,
        "validation": 10_000,
        "test": 10_000,
    }
    images = reference["train"].data.unsqueeze(1)
    assert torch.equal(loaded.splits["train"].examples, images[:50_000])
    assert torch.equal(loaded.splits["validation"].examples, images[50_000:])
    assert torch.equal(loaded.splits["test"].examples, reference["test"].data.unsqueeze(1))


def test_labels_belong_to_their_images(loaded: MNIST, reference: dict[str, datasets.MNIST]) -> None:
    labels = reference["train"].targets
    assert torch.equal(loaded.splits["train"].labels, labels[:50_000])
    assert torch.equal(loaded.splits["validation"].labels, labels[50_000:])
    assert torch.equal(loaded.splits["test"].labels, reference["test"].targets)
    assert loaded.splits["train"].labels[:5].tolist() == [5, 0, 4, 1, 9]


def test_images_are_bytes_with_a_channel(loaded: MNIST) -> None:
    examples = loaded.splits["train"].examples
    assert examples.dtype == torch.uint8
    assert examples.shape[1:] == (1, 28, 28)
    assert (examples.min().item(), examples.max().item()) == (0, 255)


def test_without_validation_all_60000_train(tmp_path: Path) -> None:
    data = make(tmp_path, validation_size=0)
    data.setup()
    assert len(data.splits["train"].examples) == 60_000
    assert len(data.splits["validation"].examples) == 0


def test_nothing_is_written_for_a_data_set_that_is_there(loaded: MNIST, tmp_path: Path) -> None:
    before = sorted(SHIPPED.rglob("*"))
    make(tmp_path).setup()
    assert sorted(SHIPPED.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [-1, 60_000])
def test_a_validation_size_out_of_range_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ForgerError, match=rf"validation_size \(={size}\)"):
        make(tmp_path, validation_size=size).setup()


@pytest.mark.parametrize(
    "archive",
    [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ],
)
def test_a_corrupt_archive_is_named_with_the_remedy(shipped: Path, archive: str) -> None:
    content = bytearray((shipped / archive).read_bytes())
    content[len(content) // 2] ^= 1
    (shipped / archive).write_bytes(content)
    with pytest.raises(ForgerError, match=f"{archive} is corrupt.*original"):
        make(shipped).setup()


def test_a_truncated_archive_is_corrupt_too(shipped: Path) -> None:
    archive = shipped / "train-images-idx3-ubyte.gz"
    archive.write_bytes(archive.read_bytes()[:1000])
    with pytest.raises(ForgerError, match=f"{archive.name} is corrupt"):
        make(shipped).setup()


def test_a_missing_archive_that_cannot_be_fetched_is_told_with_the_remedy(shipped: Path) -> None:
    (shipped / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(ForgerError, match=rf"MNIST is not in {shipped}.*internet.*\.gz"):
        make(shipped).setup()


@pytest.mark.parametrize(
    ("name", "dataset"), [("fashion_mnist", datasets.FashionMNIST), ("kmnist", datasets.KMNIST)]
)
def test_classes_have_the_names_of_torchvision(name: str, dataset: type[datasets.MNIST]) -> None:
    assert list(composed(f"data={name}").data.class_names) == dataset.classes


@pytest.mark.parametrize("dataset", [datasets.FashionMNIST, datasets.KMNIST])
def test_a_data_set_to_download_on_an_offline_machine_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: type[datasets.MNIST]
) -> None:
    no_internet(monkeypatch, tmp_path)
    monkeypatch.setattr(mnist, "PACKAGES", {})
    sentence = f"{dataset.__name__} is not in {tmp_path}/{dataset.__name__}/raw.*internet"
    with pytest.raises(ForgerError, match=sentence):
        make(tmp_path, dataset).setup()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def clothes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for that of Debian's package, and no way to the internet."""
    no_internet(monkeypatch, tmp_path)
    package = Package("dataset-fashion-mnist", tmp_path / "package")
    monkeypatch.setattr(mnist, "PACKAGES", {"FashionMNIST": package})
    package.folder.mkdir()
    return package.folder


def test_files_that_debian_packed_anew_are_known_by_what_is_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clothes: Path
) -> None:
    files = {}
    for number, (name, md5) in enumerate(datasets.FashionMNIST.resources):
        images = np.full((number + 2, 28, 28), number, np.uint8)
        array = images if "images" in name else np.arange(number + 1, dtype=np.uint8)
        # Packed, or not, and by any name.
        file = clothes / (f"file{number}.gz" if number % 2 else f"file{number}")
        write_idx(file, array)
        files[md5] = hashlib.sha256(unpack(file)).hexdigest()
    monkeypatch.setattr(mnist, "CONTENTS", files)
    data = make(tmp_path, datasets.FashionMNIST, validation_size=1, batch_size=1)
    data.setup()
    assert [len(split.examples) for split in data.splits.values()] == [1, 1, 4]
    assert data.splits["test"].examples.unique().tolist() == [2]
    assert data.splits["test"].labels.tolist() == [0, 1, 2, 3]
    assert not (tmp_path / "FashionMNIST").exists()


def test_without_network_and_package_both_remedies_are_told(tmp_path: Path, clothes: Path) -> None:
    with pytest.raises(ForgerError, match="`apt install dataset-fashion-mnist`, or put tr"):
        make(tmp_path, datasets.FashionMNIST).setup()


@pytest.mark.skipif(
    not mnist.PACKAGES["FashionMNIST"].folder.is_dir(), reason="the package is not installed"
)
def test_the_package_of_debian_has_fashion_mnist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_internet(monkeypatch, tmp_path)
    data = make(tmp_path, datasets.FashionMNIST)
    data.setup()
    assert {name: len(split.examples) for name, split in data.splits.items()} == {
        "train": 50_000,
        "validation": 10_000,
        "test": 10_000,
    }
    assert data.splits["test"].labels.bincount().tolist() == [1000] * 10
    # An ankle boot comes first.
    assert data.splits["train"].labels[:5].tolist() == [9, 0, 0, 3, 0]


@pytest.fixture
def internet() -> Iterator[str]:
    with serve(SHIPPED / "MNIST" / "raw") as address:
        yield address


class Digits(datasets.MNIST):
    """MNIST as a data set that does not come with Forger."""


def test_downloaded_archives_are_kept_and_used_offline_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, internet: str, loaded: MNIST
) -> None:
    monkeypatch.setattr(Digits, "mirrors", [internet])
    make(tmp_path, Digits).setup()
    kept = sorted(file.name for file in (tmp_path / "Digits" / "raw").iterdir())
    assert kept == sorted(archive for archive, _ in datasets.MNIST.resources)
    monkeypatch.setattr(Digits, "mirrors", [f"file://{tmp_path}/nowhere/"])
    data = make(tmp_path, Digits)
    data.setup()
    assert data.checksum == loaded.checksum


def test_a_server_that_hangs_up_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, internet: str
) -> None:
    monkeypatch.setattr(Digits, "mirrors", [f"{internet}nothing/"])
    with pytest.raises(ForgerError, match="could not be downloaded: connect to the internet"):
        make(tmp_path, Digits).setup()
    assert list(tmp_path.iterdir()) == []
