import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from forger.data.idx import IDX, read_idx
from forger.errors import ForgerError
from write_idx import write_idx


def make(folder: Path, **settings: Any) -> IDX:
    usual: dict[str, Any] = {"transpose": False, "validation_size": 1, "batch_size": 1, "seed": 0}
    return IDX(folder=folder, shape=[1, 3, 2], **(usual | settings))


def images(count: int, first: int = 0) -> np.ndarray:
    return (first + np.arange(6 * count, dtype=np.uint8)).reshape(count, 3, 2)


def test_files_are_known_by_content_packed_or_not_and_by_any_name(tmp_path: Path) -> None:
    write_idx(tmp_path / "deep" / "a-train-images.packed", images(4))
    write_idx(tmp_path / "labels", np.array([3, 1, 2, 0], np.int32))
    write_idx(tmp_path / "t10k-images.gz", images(2, 100))
    write_idx(tmp_path / "t10k-labels", np.array([1, 1], np.uint8))
    (tmp_path / "README").write_text("Two files of digits.")
    (tmp_path / "other.gz").write_bytes(b"\x1f\x8bno archive")
    data = make(tmp_path)
    data.setup()
    train, validation, test = (data.splits[name] for name in ("train", "validation", "test"))
    assert torch.equal(train.examples, torch.from_numpy(images(4)[:3, None]))
    assert torch.equal(validation.examples, torch.from_numpy(images(4)[3:, None]))
    assert torch.equal(test.examples, torch.from_numpy(images(2, 100)[:, None]))
    assert [part.labels.tolist() for part in (train, validation, test)] == [[3, 1, 2], [0], [1, 1]]


def test_without_labels_all_images_are_of_one_class(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", images(3))
    data = make(tmp_path)
    data.setup()
    assert data.splits["train"].labels.tolist() == [0, 0]
    assert len(data.splits["test"].examples) == 0


def test_images_that_lie_on_their_side_are_turned(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", images(2).transpose(0, 2, 1))
    data = make(tmp_path, transpose=True)
    data.setup()
    assert torch.equal(data.splits["train"].examples, torch.from_numpy(images(1)[:, None]))


def test_a_split_is_named_by_a_word_of_the_file_or_of_its_folder(tmp_path: Path) -> None:
    for folder in ("train", "test"):
        (tmp_path / folder).mkdir()
        write_idx(tmp_path / folder / "latest-images", images(3))
    data = make(tmp_path)
    data.setup()
    assert [len(data.splits[name].examples) for name in ("train", "test")] == [2, 3]


def test_an_archive_beside_the_file_that_was_in_it_is_left_out(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", images(3))
    write_idx(tmp_path / "images.gz", images(3))
    data = make(tmp_path)
    data.setup()
    assert len(data.splits["train"].examples) == 2


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match="no IDX file to train on"):
        make(tmp_path).setup()
    first = write_idx(tmp_path / "first", images(3))
    with pytest.raises(ForgerError, match=r"validation_size \(=3\) must be in 0..2"):
        make(tmp_path, validation_size=3).setup()
    labels = write_idx(tmp_path / "labels", np.array([1, 2], np.uint8))
    with pytest.raises(ForgerError, match=r"has 3 images, but .*labels 2"):
        make(tmp_path).setup()
    labels.unlink()
    first.write_bytes(first.read_bytes()[:-1])
    with pytest.raises(ForgerError, match="first is damaged"):
        make(tmp_path).setup()
    write_idx(first, images(3).astype(np.float32))
    with pytest.raises(ForgerError, match="pixels of float32"):
        make(tmp_path).setup()
    write_idx(tmp_path / "second", images(3))
    with pytest.raises(ForgerError, match="both have images of the train split"):
        make(tmp_path).setup()
    write_idx(first, images(3))
    (tmp_path / "second").unlink()
    test = write_idx(tmp_path / "test", images(3)[:, 1:])
    with pytest.raises(ForgerError, match="but the test examples are "):
        make(tmp_path).setup()
    write_idx(test, images(3)[:0])
    write_idx(tmp_path / "test-labels", np.zeros(0, np.uint8))
    make(tmp_path).setup()


def test_a_damaged_stream_is_told_as_such(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 200]) + bytes(range(200))))
    packed[20] ^= 0xFF
    (tmp_path / "labels.gz").write_bytes(packed)
    with pytest.raises(ForgerError, match=r"labels\.gz is damaged"):
        read_idx(tmp_path / "labels.gz")


def test_only_as_much_is_unpacked_as_a_file_states(tmp_path: Path) -> None:
    file = tmp_path / "labels.gz"
    file.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 3]) + bytes(50_000_000)))
    tracemalloc.start()
    with pytest.raises(ForgerError, match=r"labels\.gz is damaged: it has more bytes, not the 11 "):
        read_idx(file)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([0, 0, 8, 3, 0, 0], "it ends within its sizes"),
        ([0, 0, 8, 3, *3 * [255, 255, 255, 255]], "beyond this machine's memory"),
    ],
)
def test_sizes_that_cannot_be_are_told(tmp_path: Path, content: list[int], reason: str) -> None:
    (tmp_path / "images").write_bytes(bytes(content))
    with pytest.raises(ForgerError, match=f"images is damaged: .*{reason}"):
        read_idx(tmp_path / "images")
