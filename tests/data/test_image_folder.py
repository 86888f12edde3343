import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from forger.data.image_folder import ImageFolder
from forger.errors import ForgerError


def make(folder: Path, root: Path, **settings: Any) -> ImageFolder:
    defaults: dict[str, Any] = {
        "validation_share": 0.2,
        "test_share": 0.1,
        "split_seed": 0,
        "corrupt": "refuse",
        "memory_map": False,
        "shape": [3, 8, 8],
        "batch_size": 2,
        "per_iteration": 1,
        "seed": 0,
        "evaluator": None,
        "classes": None,
    }
    return ImageFolder(str(folder), str(root), **(defaults | settings))


def loaded(folder: Path, root: Path, **settings: Any) -> ImageFolder:
    data = make(folder, root, **settings)
    data.setup()
    return data


def paint(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (12, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten reds in a/, ten blues deeper in b/, each of a shade of its own, and a note."""
    folder = tmp_path / "pictures"
    for i in range(10):
        paint(folder / "a" / f"{i}.png", (100 + i, 0, 0))
        paint(folder / "b" / "deep" / f"{i}.PNG", (0, 0, 100 + i))
    (folder / "a" / "note.txt").write_text("no image")
    return folder


def shades(data: ImageFolder) -> dict[str, list[int]]:
    """The brightest byte of each image, which tells it within its class."""
    return {n: s.examples.flatten(1).amax(1).tolist() for n, s in data.splits.items()}


def test_every_image_is_in_one_split_with_the_label_of_its_sub_folder(
    folder: Path, tmp_path: Path
) -> None:
    data = loaded(folder, tmp_path / "root")
    assert {n: len(s.examples) for n, s in data.splits.items()} == {
        "train": 14,
        "validation": 4,
        "test": 2,
    }
    seen = []
    for split in data.splits.values():
        assert split.examples.dtype == torch.uint8
        for image, label in zip(split.examples, split.labels, strict=True):
            red_or_blue = [0, 2][int(label)]
            assert image[[0, 2][1 - int(label)]].max() == image[1].max() == 0
            seen.append((int(label), int(image[red_or_blue].min())))
    assert sorted(seen) == [(label, 100 + i) for label in (0, 1) for i in range(10)]


def test_the_split_is_a_function_of_its_seed_alone(folder: Path, tmp_path: Path) -> None:
    one = shades(loaded(folder, tmp_path / "one", seed=1))
    assert shades(loaded(folder, tmp_path / "again", seed=2)) == one
    assert shades(loaded(folder, tmp_path / "other", split_seed=1)) != one


def test_the_middle_square_is_resized_and_the_margins_are_cut(tmp_path: Path) -> None:
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = 200
    (tmp_path / "wide").mkdir()
    for i in range(2):
        Image.fromarray(pixels).save(tmp_path / "wide" / f"{i}.png")
    data = loaded(tmp_path / "wide", tmp_path, validation_share=0, test_share=0, shape=[1, 5, 5])
    assert torch.equal(
        data.splits["train"].examples, torch.full((2, 1, 5, 5), 200, dtype=torch.uint8)
    )
    assert data.splits["train"].labels.tolist() == [0, 0]


def test_a_photograph_that_says_how_it_was_held_stands_upright(tmp_path: Path) -> None:
    (tmp_path / "held").mkdir()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # what is at the left belongs at the top
    lying = Image.fromarray(np.array([[200, 0], [100, 50]], np.uint8))
    lying.save(tmp_path / "held" / "0.png", exif=exif)
    settings = {"validation_share": 0, "test_share": 0, "batch_size": 1, "shape": [1, 2, 2]}
    data = loaded(tmp_path / "held", tmp_path, **settings)
    assert data.splits["train"].examples.tolist() == [[[[100, 200], [50, 0]]]]


def test_each_shape_is_decoded_for_itself(folder: Path, tmp_path: Path) -> None:
    for shape in ([3, 8, 8], [1, 8, 8], [3, 4, 4]):
        data = loaded(folder, tmp_path / "root", shape=shape)
        assert list(data.splits["train"].examples.shape[1:]) == shape


def test_images_are_decoded_once_and_again_when_the_folder_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    first = loaded(folder, root)
    read = []
    monkeypatch.setattr(ImageFolder, "read", lambda self, file: read.append(file))
    second = loaded(folder, root)
    assert read == []
    assert second.checksum == first.checksum
    os.utime(folder / "a" / "0.png", (1, 1))
    with pytest.raises(ForgerError, match="20 images"):
        loaded(folder, root)
    assert len(read) == 20


def test_a_memory_map_holds_the_same_and_cannot_change_the_cache(
    folder: Path, tmp_path: Path
) -> None:
    plain, mapped = (loaded(folder, tmp_path, memory_map=m) for m in (False, True))
    assert mapped.checksum == plain.checksum
    mapped.splits["train"].examples.zero_()
    assert loaded(folder, tmp_path, memory_map=True).checksum == plain.checksum
    assert sum(file.suffix == ".npy" for file in tmp_path.rglob("*")) == 1


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("content", [b"", b"{", b"3", b"\x93NUMPY\x01\x00", None])
def test_a_damaged_cache_is_told_with_its_remedy(
    folder: Path, tmp_path: Path, suffix: str, content: bytes | None
) -> None:
    loaded(folder, tmp_path)
    (cache,) = (tmp_path / "image_folders").glob(f"*{suffix}")
    cache.unlink()
    if content is None:
        cache.mkdir()
    else:
        cache.write_bytes(content)
    with pytest.raises(ForgerError, match=rf"{cache}.*; remove \S+\.npy, and the images are dec"):
        loaded(folder, tmp_path)


def test_a_cache_of_other_images_is_refused(folder: Path, tmp_path: Path) -> None:
    loaded(folder, tmp_path)
    (cache,) = (tmp_path / "image_folders").glob("*.npy")
    images = np.load(cache)
    for other in (images[:3], images[:, :1], images.astype(np.float32)):
        np.save(cache, other)
        with pytest.raises(ForgerError, match=r"is damaged: it holds .*; remove "):
            loaded(folder, tmp_path)


def test_files_that_cannot_be_read_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    content = (folder / "a" / "3.png").read_bytes()
    (folder / "a" / "3.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(
        ForgerError, match=r"1 images in .* cannot be read: a/3.png; .*corrupt=skip"
    ):
        loaded(folder, tmp_path / "root")
    assert not list((tmp_path / "root").rglob("*.*"))


def test_or_skipped_with_a_warning_each_time(folder: Path, tmp_path: Path) -> None:
    for i in range(7):
        (folder / "b" / "deep" / f"{i}.PNG").write_bytes(b"nothing")
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"7 images.*and 2 more; they are skipped"):
            data = loaded(folder, tmp_path / "root", corrupt="skip")
        labels = torch.cat([split.labels for split in data.splits.values()])
        assert labels.bincount().tolist() == [10, 3]
        left = [shade for part in shades(data).values() for shade in part]
        assert sorted(left) == sorted([*range(100, 110), 107, 108, 109])
    with pytest.raises(ForgerError, match="7 images"):
        loaded(folder, tmp_path / "root")


def test_a_folder_without_a_readable_image_is_told(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=r"data\.folder .* is no folder"):
        loaded(tmp_path / "nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ForgerError, match=r"holds no images: \.jpg"):
        loaded(tmp_path / "empty", tmp_path)
    (tmp_path / "empty" / "a.jpg").write_bytes(b"nothing")
    with (
        pytest.warns(UserWarning, match=r"a\.jpg"),
        pytest.raises(ForgerError, match="none of the 1 images"),
    ):
        loaded(tmp_path / "empty", tmp_path, corrupt="skip")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"shape": [2, 8, 8]}, "shape"),
        ({"shape": [3, 8, 9]}, "shape"),
        ({"validation_share": 0.5, "test_share": 0.5}, "validation_share"),
        ({"test_share": -0.1}, "test_share"),
    ],
)
def test_settings_out_of_range_are_named(
    tmp_path: Path, settings: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=rf"{name} \(="):
        make(tmp_path, tmp_path, **settings)


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, channels: int) -> None:
    grey = np.array([[0, 255, 256], [32768, 40000, 65535], [1, 2, 3]], np.uint16)
    (tmp_path / "deep").mkdir()
    Image.fromarray(grey).save(tmp_path / "deep" / "0.png")
    settings = {"validation_share": 0, "test_share": 0, "shape": [channels, 3, 3]}
    settings |= {"batch_size": 1}
    (image,) = loaded(tmp_path / "deep", tmp_path, **settings).splits["train"].examples
    expected = [[0, 0, 1], [128, 156, 255], [0, 0, 0]]
    assert image.tolist() == [expected] * channels


def test_pixels_of_a_range_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    Image.fromarray(np.ones((3, 3), np.float32)).save(tmp_path / "raw" / "0.tiff")
    with pytest.raises(ForgerError, match=r"0\.tiff|none of the 1 images"):
        loaded(tmp_path / "raw", tmp_path)
