import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from forger.data.image_cache import ImageCache
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
        "seed": 0,
        "evaluator": None,
        "classes": None,
    }
    return ImageFolder(folder=folder, root=root, **(defaults | settings))


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


def test_groups_of_like_images_can_be_the_classes_in_place_of_sub_folders(
    folder: Path, tmp_path: Path
) -> None:
    data = loaded(folder, tmp_path / "root", clusters=4, classes=4)
    assert sorted(data.splits["train"].labels.bincount().tolist()) == [3, 3, 4, 4]
    assert data.class_names is None


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


@pytest.mark.parametrize(("size", "inside"), [((20, 60), (20, 30)), ((40, 6), (4, 6))])
def test_the_middle_rectangle_of_the_form_asked_for_is_resized(
    tmp_path: Path, size: tuple[int, int], inside: tuple[int, int]
) -> None:
    pixels = np.zeros((*size, 3), np.uint8)
    top, left = ((whole - part) // 2 for whole, part in zip(size, inside, strict=True))
    pixels[top : top + inside[0], left : left + inside[1]] = 200
    (tmp_path / "in").mkdir()
    for i in range(2):
        Image.fromarray(pixels).save(tmp_path / "in" / f"{i}.png")
    data = loaded(tmp_path / "in", tmp_path, validation_share=0, test_share=0, shape=[3, 4, 6])
    expected = torch.full((2, 3, 4, 6), 200, dtype=torch.uint8)
    assert torch.equal(data.splits["train"].examples, expected)


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
    read: list[Path] = []

    def refuse(self: ImageCache, file: Path) -> str:
        read.append(file)
        return "refused"

    monkeypatch.setattr(ImageCache, "read", refuse)
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
        with pytest.raises(ForgerError, match=r"is damaged: it has .*; remove "):
            loaded(folder, tmp_path)


def test_files_that_cannot_be_read_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    content = (folder / "a" / "3.png").read_bytes()
    (folder / "a" / "3.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(
        ForgerError, match=r"1 image in .* cannot be read: a/3.png \(.*\); .*corrupt=skip"
    ):
        loaded(folder, tmp_path / "root")
    assert not list((tmp_path / "root").rglob("*.*"))


def test_or_skipped_and_told_each_time(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(7):
        (folder / "b" / "deep" / f"{i}.PNG").write_bytes(b"nothing")
    for _ in range(2):
        data = loaded(folder, tmp_path / "root", corrupt="skip")
        (line,) = [line for line in capsys.readouterr().out.splitlines() if "images  " in line]
        assert "7 that cannot be read (b/deep/" in line
        assert "not an image that Pillow can read" in line
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
    (tmp_path / "empty" / "a.svg").touch()
    with pytest.raises(ForgerError, match=r"has no images .* 1 of other kinds \(a\.svg\)"):
        loaded(tmp_path / "empty", tmp_path)
    (tmp_path / "empty" / "a.jpg").write_bytes(b"nothing")
    with pytest.raises(
        ForgerError,
        match=r"no image in .*a\.jpg: not an image that Pillow can"
        " read",
    ):
        loaded(tmp_path / "empty", tmp_path, corrupt="skip")


ALL = {"validation_share": 0, "test_share": 0, "batch_size": 1}


def test_hidden_files_and_folders_are_left_out(folder: Path, tmp_path: Path) -> None:
    before = make(folder, tmp_path).find()[0]
    for name in (".ipynb_checkpoints/0.png", "@eaDir/0.png", "a/._0.png", "__MACOSX/a/0.png"):
        paint(folder / name, (1, 2, 3))
    assert make(folder, tmp_path).find()[0] == before
    # The folder itself may be hidden.
    hidden = folder.rename(tmp_path / ".pictures")
    assert make(hidden, tmp_path).find()[0] == before


def test_links_are_followed_and_each_file_is_taken_once_by_its_own_name(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paint(tmp_path / "elsewhere" / "0.png", (0, 200, 0))
    (folder / "c").symlink_to(tmp_path / "elsewhere")
    (folder / "c_again").symlink_to(tmp_path / "elsewhere")
    before = {str(file) for file in make(folder, tmp_path).find()[0]}
    assert "c/0.png" in before
    # Names that come first, a second name on the disk, nothing behind it, and circles.
    (folder / "a" / "-first.png").symlink_to(folder / "a" / "5.png")
    (folder / "0_first").symlink_to(folder / "b")
    os.link(folder / "a" / "6.png", folder / "b" / "hard.png")
    (folder / "a" / "broken.png").symlink_to(tmp_path / "nothing.png")
    (folder / "a" / "self.png").symlink_to(folder / "a" / "self.png")
    (folder / "gone").symlink_to(tmp_path / "nothing")
    os.mkfifo(folder / "a" / "pipe.png")
    (folder / "a" / "around").symlink_to(folder)
    data = loaded(folder, tmp_path / "root", **ALL)
    assert {str(file) for file in data.find()[0]} == before
    assert len(data.splits["train"].labels) == 21
    out = capsys.readouterr().out
    assert "3 broken links (a/broken.png, a/self.png, gone)" in out
    assert "2 of other kinds (a/note.txt, a/pipe.png)" in out
    assert "links to what is taken already" in out


def test_a_folder_of_links_alone_is_a_folder_of_images(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    for name in ("a", "b"):
        (tmp_path / "links" / name).symlink_to(folder / name)
    data = loaded(tmp_path / "links", tmp_path, classes=2)
    assert sum(len(split.labels) for split in data.splits.values()) == 20


@pytest.mark.parametrize("ending", ["gif", "avif", "jfif", "jp2", "ico", "tga", "qoi", "JPG"])
def test_every_ending_that_pillow_reads_counts(tmp_path: Path, ending: str) -> None:
    (tmp_path / "all").mkdir()
    form = {"jfif": "JPEG", "JPG": "JPEG"}.get(ending)
    Image.new("RGB", (16, 16), (200, 0, 0)).save(tmp_path / "all" / f"0.{ending}", form)
    (image,) = loaded(tmp_path / "all", tmp_path, **ALL).splits["train"].examples
    assert image[0].min() > 180
    assert image[1:].max() < 60


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ["2", "10", "cat1", "cat02", "cat3"]),
        (["cat3", "2"], ["cat3", "2", "10", "cat1", "cat02"]),
        # As version 0.1.0 had it.
        ((), ["10", "2", "cat02", "cat1", "cat3"]),
    ],
)
def test_labels_are_in_natural_order_or_as_they_are_given(
    tmp_path: Path, given: Any, expected: list[str]
) -> None:
    shade = {"2": 2, "10": 10, "cat1": 101, "cat02": 102, "cat3": 103}
    for name, value in shade.items():
        paint(tmp_path / "all" / name / "0.png", (value, value, value))
    data = loaded(tmp_path / "all", tmp_path, class_names=given, classes=5, **ALL)
    assert data.class_names == expected
    examples, labels = data.splits["train"]
    for image, label in zip(examples, labels.tolist(), strict=True):
        assert image.unique().tolist() == [shade[expected[label]]]


def test_without_sub_folders_there_are_no_names(tmp_path: Path) -> None:
    paint(tmp_path / "all" / "0.png", (0, 0, 0))
    assert loaded(tmp_path / "all", tmp_path, class_names=None, **ALL).class_names is None


def test_another_number_of_classes_is_told_with_their_names(folder: Path, tmp_path: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(ForgerError, match=r"has 2 classes, a, b: give data\.classes=2"):
        loaded(folder, tmp_path, classes=3)


@pytest.mark.parametrize(("file", "name"), [("0.png", "no sub-folder"), ("c/0.png", "c")])
def test_a_class_that_only_the_test_split_has_is_told(tmp_path: Path, file: str, name: str) -> None:
    for path in ("train/a/0.png", "train/b/0.png", "train/b/1.png", f"test/{file}"):
        paint(tmp_path / "all" / path, (0, 0, 0))
    shares = {"validation_share": 0, "test_share": 0, "batch_size": 1}
    # Whichever number is given, another one is not what is wrong.
    for classes in (2, 3):
        with pytest.raises(ForgerError, match=f"has no images of {name} for training"):
            loaded(tmp_path / "all", tmp_path, classes=classes, **shares)
    assert len(loaded(tmp_path / "all", tmp_path, **shares).splits["test"].labels) == 1


def test_one_line_says_how_many_of_which_classes_and_what_was_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    paint(folder / ".hidden.png", (0, 0, 0))
    loaded(folder, tmp_path, shape=[1, 6, 8])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("images ")]
    assert line == (
        "images   20 in 2 classes: a 10, b 10; each becomes 6 x 8 in grey (data.shape); 14 train,"
        " 4 validation, 2 test; left out: 1 hidden (.hidden.png), 1 of"
        " other kinds (a/note.txt), 1 folder without images (empty)"
    )


@pytest.mark.parametrize(
    ("folders", "sizes"),
    [
        # Validation has no folder: it is drawn from train, whose images are 10.
        (("train", "test"), {"train": 8, "validation": 2, "test": 4}),
        (("Train", "val"), {"train": 9, "validation": 4, "test": 1}),
        (("training", "valid", "test"), {"train": 10, "validation": 4, "test": 4}),
        (("train",), {"train": 7, "validation": 2, "test": 1}),
    ],
)
def test_folders_called_train_and_test_are_splits(
    tmp_path: Path, folders: tuple[str, ...], sizes: dict[str, int]
) -> None:
    root = tmp_path / "all"
    for i, folder in enumerate(folders):
        for name in ("cat", "dog"):
            for j in range(2 if i else 5):
                paint(
                    root / folder / name / f"{j}.png", (50 * i + j, 100 if name == "cat" else 0, 0)
                )
    data = loaded(root, tmp_path, class_names=None, classes=2)
    assert data.class_names == ["cat", "dog"]
    assert {name: len(split.labels) for name, split in data.splits.items()} == sizes
    own = {"test": "test", "val": "validation", "valid": "validation"}
    for i, folder in enumerate(folders):
        for image in data.splits[own.get(folder, "train")].examples:
            assert 50 * i <= image[0].max() < 50 * i + 5
    for examples, labels in data.splits.values():
        assert [int(image[1].max() == 0) for image in examples] == labels.tolist()


def test_a_train_among_other_vehicles_is_a_class(tmp_path: Path) -> None:
    for name in ("bus", "car", "train"):
        paint(tmp_path / "all" / name / "0.png", (0, 0, 0))
    data = loaded(tmp_path / "all", tmp_path, class_names=None, **ALL)
    assert data.class_names == ["bus", "car", "train"]


def test_what_lies_beside_splits_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("train/0", "test/0", "extra/0", "preview"):
        paint(tmp_path / "all" / f"{name}.png", (0, 0, 0))
    data = loaded(tmp_path / "all", tmp_path, **ALL)
    assert sum(len(split.labels) for split in data.splits.values()) == 2
    assert "2 beside the splits (extra/0.png, preview.png)" in capsys.readouterr().out


def test_the_cache_is_another_one_where_pixels_are(folder: Path, tmp_path: Path) -> None:
    def key(background: str = "white") -> str:
        files = make(folder, tmp_path).find()[0]
        return ImageCache(folder, (3, 8, 8), background, "refuse", tmp_path, files).key()

    file = folder / "a" / "0.bmp"
    paint(file, (9, 0, 0))
    first = key()
    assert key() == first
    assert key(background="black") != first
    stat = file.stat()
    paint(file, (0, 9, 0))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file.stat().st_size == stat.st_size
    assert key() != first


def test_a_name_that_is_an_interpolation_is_refused(tmp_path: Path) -> None:
    paint(tmp_path / "all" / "${seed}" / "0.png", (0, 0, 0))
    with pytest.raises(ForgerError, match="rename it"):
        loaded(tmp_path / "all", tmp_path, class_names=None, **ALL)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"shape": [2, 8, 8]}, "shape"),
        ({"shape": [8, 8]}, "shape"),
        ({"validation_share": 0.5, "test_share": 0.5}, "validation_share"),
        ({"test_share": -0.1}, "test_share"),
        ({"background": "whit"}, "background"),
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
    with pytest.raises(ForgerError, match=r"0\.tiff \(pixels of 32 bits"):
        loaded(tmp_path / "raw", tmp_path)


@pytest.mark.slow
def test_a_run_keeps_the_names_and_its_data_may_move(
    forger: Callable[..., str], folder: Path, tmp_path: Path
) -> None:
    folder.rename(tmp_path / "moved")
    (tmp_path / "moved" / "a").rename(tmp_path / "moved" / "dog")
    (tmp_path / "moved" / "b").rename(tmp_path / "moved" / "cat")
    small = ["data.shape=[3,8,8]", "data.batch_size=4", "data.root=cache", "data.classes=2"]
    networks = ["generator=conditional", "discriminator=conditional", "trainer.max_steps=1"]
    quiet = ["~callbacks.measure", "~callbacks.best", "name=a"]
    forger("train", "data=image_folder", "data.folder=moved", *small, *networks, *quiet)
    run = "outputs/runs/default/a"
    assert "classes" in forger("info", f"ckpt={run}")
    assert "0 cat, 1 dog" in forger("info", f"ckpt={run}")
    (start,) = json.loads(Path(run, "run.json").read_text())
    assert start["class_names"] == ["cat", "dog"]
    assert "grid.png" in forger("sample", f"ckpt={run}", "label=dog", "n=2")
    assert "must be a class: cat, dog" in forger("sample", f"ckpt={run}", "label=cow", "n=2")
    (tmp_path / "moved").rename(tmp_path / "again")
    evaluate = ["evaluate", f"ckpt={run}", "n=4", "repeats=1", "metrics=nearest"]
    assert "data.folder (=moved) is no folder: give data.folder=" in forger(*evaluate)
    assert "metrics.json" in forger(*evaluate, "data.folder=again")
    invert = ["invert", f"ckpt={run}", "index=0", "label=cat", "draws=8", "restarts=1", "steps=1"]
    assert "inversion.png" in forger(*invert, "data.folder=again")
