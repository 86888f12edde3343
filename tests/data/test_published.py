import bz2
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from torchvision import datasets

from forger.data.emnist import EMNIST
from forger.data.memory import InMemory
from forger.data.qmnist import QMNIST
from forger.data.usps import USPS
from forger.errors import ForgerError
from server import serve
from write_idx import write_idx

Make = Callable[..., InMemory]
PARTS = {"letters": 26, "digits": 10}


def settings(**changed: Any) -> dict[str, Any]:
    return {"validation_size": 1, "shape": [1, 28, 28], "batch_size": 1, "seed": 0} | changed


def md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes()).hexdigest()


def images(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 28, 28), np.uint8)


@pytest.fixture
def internet(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "server").mkdir()
    with serve(tmp_path / "server") as address:
        yield address


@pytest.fixture
def emnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, internet: str) -> Make:
    """EMNIST as it was published, with few images."""
    files = tmp_path / "files"
    for part, first in (("letters", 1), ("digits", 0)):
        for split, count in (("train", 5), ("test", 3)):
            start = files / f"emnist-{part}-{split}"
            write_idx(start.with_name(f"{start.name}-images-idx3-ubyte.gz"), images(count))
            labels = np.arange(first, first + count, dtype=np.uint8)
            write_idx(start.with_name(f"{start.name}-labels-idx1-ubyte.gz"), labels)
    archive = tmp_path / "server" / "gzip.zip"
    with ZipFile(archive, "w") as packed:
        for file in sorted(files.iterdir()):
            packed.write(file, f"gzip/{file.name}")
    monkeypatch.setattr(datasets.EMNIST, "url", f"{internet}gzip.zip")
    monkeypatch.setattr(datasets.EMNIST, "md5", md5(archive))

    def make(part: str) -> EMNIST:
        return EMNIST(root=tmp_path / "data", part=part, parts=PARTS, **settings())

    return make


@pytest.fixture
def qmnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, internet: str) -> Make:
    server, resources = tmp_path / "server", {}
    for split, count in (("train", 5), ("test", 3)):
        # The class, and seven numbers about the writer.
        labels = np.arange(8 * count, dtype=np.int32).reshape(count, 8) % 10
        files = [
            write_idx(server / f"qmnist-{split}-images-idx3-ubyte.gz", images(count)),
            write_idx(server / f"qmnist-{split}-labels-idx2-int.gz", labels),
        ]
        resources[split] = [(f"{internet}{file.name}", md5(file)) for file in files]
    monkeypatch.setattr(datasets.QMNIST, "resources", resources)
    return lambda: QMNIST(root=tmp_path / "data", **settings())


@pytest.fixture
def usps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, internet: str) -> Make:
    server, published = tmp_path / "server", {}
    for split, name, count in (("train", "usps.bz2", 5), ("test", "usps.t.bz2", 3)):
        values = np.random.default_rng(count).uniform(-1, 1, (count, 256)).round(4)
        values[:, 0], values[:, -1] = -1, 1
        lines = (
            f"{label + 1} " + " ".join(f"{i + 1}:{value:g}" for i, value in enumerate(row)) + " \n"
            for label, row in enumerate(values)
        )
        file = server / name
        file.write_bytes(bz2.compress("".join(lines).encode()))
        published[split] = [f"{internet}{name}", name, md5(file)]
    monkeypatch.setattr(datasets.USPS, "split_list", published)
    return lambda: USPS(root=tmp_path / "data", **settings(shape=[1, 16, 16]))


def offline(tmp_path: Path) -> None:
    """Nothing can be downloaded any more."""
    for file in tmp_path.glob("server/*"):
        file.unlink()


@pytest.mark.parametrize("part", PARTS)
def test_emnist_is_what_torchvision_reads_upright_and_numbered_from_0(
    tmp_path: Path, emnist: Make, part: str
) -> None:
    data = emnist(part)
    data.setup()
    for train in (True, False):
        due = datasets.EMNIST(tmp_path / "torchvision", part, train=train, download=True)
        names = ["train", "validation"] if train else ["test"]
        found = [data.splits[name] for name in names]
        assert torch.equal(torch.cat([split.examples for split in found])[:, 0].mT, due.data)
        labels = torch.cat([split.labels for split in found])
        assert labels.tolist() == list(range(len(due.data)))
        assert torch.equal(labels + int(part == "letters"), due.targets)
        assert data.class_names == due.classes[int(part == "letters") :]


def test_all_parts_of_emnist_are_downloaded_once_and_no_half_file_is_left(
    tmp_path: Path, emnist: Make
) -> None:
    emnist("letters").setup()
    kept = tmp_path / "data" / "EMNIST" / "raw" / "gzip.zip"
    assert [file for file in (tmp_path / "data").rglob("*") if file.is_file()] == [kept]
    offline(tmp_path)
    # It is known by its content, under any name.
    kept.rename(kept.with_name("letters and digits"))
    data = emnist("digits")
    data.setup()
    assert data.splits["test"].labels.tolist() == [0, 1, 2]


def test_a_part_that_emnist_does_not_have_is_refused(emnist: Make) -> None:
    with pytest.raises(ForgerError, match=r"data\.part \(=words\) must be one of letters, digits"):
        emnist("words")


def test_qmnist_is_what_torchvision_reads(tmp_path: Path, qmnist: Make) -> None:
    data = qmnist()
    data.setup()
    due = datasets.QMNIST(tmp_path / "torchvision", train=True, download=True)
    found = [data.splits[name] for name in ("train", "validation")]
    assert [len(split.labels) for split in found] == [4, 1]
    assert torch.equal(torch.cat([split.examples for split in found])[:, 0], due.data)
    assert torch.equal(torch.cat([split.labels for split in found]), due.targets[:, 0])
    assert data.splits["test"].labels.tolist() == [0, 8, 6]


def test_usps_is_what_torchvision_reads(tmp_path: Path, usps: Make) -> None:
    data = usps()
    data.setup()
    for train in (True, False):
        due = datasets.USPS(tmp_path / "data" / "USPS", train=train)
        names = ["train", "validation"] if train else ["test"]
        pixels = torch.cat([data.splits[name].examples for name in names])
        assert torch.equal(pixels, torch.from_numpy(due.data)[:, None])
        assert torch.cat([data.splits[name].labels for name in names]).tolist() == due.targets


@pytest.mark.parametrize("name", ["emnist", "qmnist", "usps"])
def test_without_a_network_what_to_put_where_is_told(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    data = request.getfixturevalue(name)(*["letters"] * (name == "emnist"))
    offline(tmp_path)
    with pytest.raises(ForgerError, match=r"could not be downloaded: .* or put (gzip|qmn|usps).*"):
        data.setup()
    assert not (tmp_path / "data").exists()


def test_a_damaged_archive_is_named_and_not_read(tmp_path: Path, usps: Make) -> None:
    usps().setup()
    kept = tmp_path / "data" / "USPS" / "usps.bz2"
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(ForgerError, match=r"usps\.bz2 is corrupt: .* put the original"):
        usps().setup()


def test_validation_leaves_images_to_train_on(tmp_path: Path, usps: Make) -> None:
    data = usps()
    data.validation_size = 5  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ForgerError, match=r"validation_size \(=5\) must be in 0..4"):
        data.setup()
