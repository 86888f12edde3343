from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from forger.figures.examples import draw
from forger.figures.image_grid import as_bytes, image_grid, save_gif, save_grid, save_image


def test_images_lie_row_by_row_with_two_pixels_between(tmp_path: Path) -> None:
    images = torch.randint(1, 256, (6, 1, 28, 30), dtype=torch.uint8)
    save_grid(images, 3, tmp_path / "grid.png")
    pixels = np.asarray(Image.open(tmp_path / "grid.png").convert("L"))
    assert pixels.shape == (2 * (28 + 2) + 2, 3 * (30 + 2) + 2)
    for i, image in enumerate(images):
        top, left = 2 + (i // 3) * 30, 2 + (i % 3) * 32
        assert np.array_equal(pixels[top : top + 28, left : left + 30], image[0].numpy())


@pytest.mark.parametrize(
    ("shape", "times"), [((8, 8), 4), ((16, 16), 2), ((17, 17), 1), ((2, 16), 2), ((8, 32), 1)]
)
def test_small_images_are_enlarged_by_whole_pixels(shape: tuple[int, int], times: int) -> None:
    images = torch.randint(256, (2, 3, *shape), dtype=torch.uint8)
    grid = image_grid(images, 2)
    height, width = times * shape[0], times * shape[1]
    assert grid.shape == (3, height + 4, 2 * (width + 2) + 2)
    second = grid[:, 2 : 2 + height, width + 4 : 2 * width + 4]
    for y in range(times):
        for x in range(times):
            assert torch.equal(second[:, y::times, x::times], images[1])


def test_floats_are_from_black_to_white_by_the_range_of_a_channel() -> None:
    window = torch.tensor([[-1.0, 3.0], [100.0, 500.0]])[None, :, :, None]  # (1, 2, 2, 1)
    images = torch.tensor([[1.0, torch.nan], [600.0, 99.0]])[None, :, :, None]
    assert as_bytes(images, window).flatten().tolist() == [128, 64, 255, 0]
    assert as_bytes(window, window).flatten().tolist() == [0, 255, 0, 255]
    images = torch.zeros(1, 1, 4, 4, dtype=torch.uint8)
    assert as_bytes(images, window) is images
    # A grid of floats is that of these bytes.
    floats, data = torch.randn(4, 1, 8, 8), torch.randn(9, 1, 8, 8)
    assert torch.equal(draw(floats, data, 2), image_grid(as_bytes(floats, data), 2))
    assert torch.equal(draw(floats, data[:0], 2), image_grid(as_bytes(floats, floats), 2))


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_channels_that_are_no_colours_lie_side_by_side(channels: int, tmp_path: Path) -> None:
    images = torch.randint(256, (3, channels, 32, 20), dtype=torch.uint8)
    grid = image_grid(images, 3)
    assert grid.shape == (3, 36, 3 * (20 * channels + 2) + 2)
    assert torch.equal(grid[0, 2:34, 22:42], images[0, 1])
    save_image(images[0], tmp_path / "one.png")
    with Image.open(tmp_path / "one.png") as one:
        assert one.size == (20 * channels, 32)
    save_gif(images, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3  # pyright: ignore


def test_a_single_image_is_saved_in_its_own_colours_and_size(tmp_path: Path) -> None:
    image = torch.randint(256, (3, 4, 4), dtype=torch.uint8)
    save_image(image, tmp_path / "one.png")
    pixels = torch.from_numpy(np.array(Image.open(tmp_path / "one.png"))).permute(2, 0, 1)
    assert torch.equal(pixels, image)


def test_films_keep_colours_and_large_images_their_size(tmp_path: Path) -> None:
    images = torch.zeros(2, 3, 300, 300, dtype=torch.uint8)
    images[0, 0], images[1, 2] = 255, 255
    save_gif(images, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as gif:
        assert (gif.n_frames, gif.size) == (2, (300, 300))  # pyright: ignore
        colours = [colour(gif, i) for i in range(2)]
    assert colours == [(255, 0, 0), (0, 0, 255)]


def test_the_film_of_a_column_of_pixels_is_as_high_as_the_column(tmp_path: Path) -> None:
    # A GIF holds at most 65,535 rows, fewer than 300 times 224.
    save_gif(torch.zeros(2, 1, 300, 1, dtype=torch.uint8), tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.size == (1, 300)


def colour(gif: Image.Image, frame: int) -> tuple[int, ...]:
    gif.seek(frame)
    return gif.convert("RGB").getpixel((9, 9))  # pyright: ignore
