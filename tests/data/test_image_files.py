from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from forger.data.image_files import read_images
from forger.errors import ForgerError

GREY = (1, 4, 6)


def some(n: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(n, *shape), dtype=np.uint8)


def as_sets(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


def test_files_of_a_folder_at_any_depth(tmp_path: Path) -> None:
    pixels = some(5, 4, 6)
    (tmp_path / "a" / "b").mkdir(parents=True)
    for i, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / ("a/b" if i % 2 else "a") / f"{i}.png")
    (tmp_path / "notes.txt").write_text("no image")
    images = read_images(tmp_path, GREY, 10, seed=0)
    assert images.dtype == torch.uint8
    assert images.shape == (5, *GREY)
    assert as_sets(images) == as_sets(torch.from_numpy(pixels)[:, None])
    fewer = read_images(tmp_path, GREY, 3, seed=1)
    assert len(fewer) == 3
    assert as_sets(fewer) < as_sets(images)


def test_colour_is_channels_first(tmp_path: Path) -> None:
    pixels = some(1, 4, 6, 3)
    Image.fromarray(pixels[0]).save(tmp_path / "0.png")
    (image,) = read_images(tmp_path, (3, 4, 6), 10, seed=0)
    assert image.permute(1, 2, 0).equal(torch.from_numpy(pixels[0]))


@pytest.mark.parametrize("layout", [(4, 6), (4, 6, 1), (1, 4, 6)])
@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_arrays_of_any_layout(tmp_path: Path, layout: tuple[int, ...], ending: str) -> None:
    pixels, file = some(5, *layout), tmp_path / f"samples.{ending}"
    if ending == "npz":
        np.savez(file, labels=np.arange(5), images=pixels)
    else:
        np.save(file, pixels)
    for place in (file, tmp_path):
        images = read_images(place, GREY, 10, seed=0)
        assert images.shape == (5, *GREY)
        assert as_sets(images) == as_sets(torch.from_numpy(pixels).reshape(5, *GREY))


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (some(2, 4, 6) / 255, "float64: save uint8"),
        (some(2, 4, 6) % 2, "has no value above 1: save uint8, from 0 to 255"),
        (some(2, 5, 6), "1 x 5 x 6, but the data are 1 x 4 x 6"),
        (some(2, 4), "no array of images"),
        (np.array([{}, {}]), "not an array that NumPy can read"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray, sentence: str) -> None:
    np.save(tmp_path / "samples.npy", array)
    with pytest.raises(ForgerError, match=sentence):
        read_images(tmp_path, GREY, 10, seed=0)


def test_places_without_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match="neither a folder nor a file"):
        read_images(tmp_path / "none", GREY, 10, seed=0)
    with pytest.raises(ForgerError, match="has no images"):
        read_images(tmp_path, GREY, 10, seed=0)
    Image.fromarray(some(1, 5, 5)[0]).save(tmp_path / "0.png")
    with pytest.raises(ForgerError, match="resize the images first"):
        read_images(tmp_path, GREY, 10, seed=0)
    (tmp_path / "0.png").write_bytes(b"no picture")
    with pytest.raises(ForgerError, match="cannot be read: not an image"):
        read_images(tmp_path, GREY, 10, seed=0)
    np.save(tmp_path / "1.npy", some(1, 4, 6))
    with pytest.raises(ForgerError, match="keep one kind"):
        read_images(tmp_path, GREY, 10, seed=0)
