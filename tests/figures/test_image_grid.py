from pathlib import Path

import numpy as np
import torch
from PIL import Image

from forger.figures.image_grid import save_gif, save_grid


def test_images_lie_row_by_row_with_two_pixels_between(tmp_path: Path) -> None:
    images = torch.randint(1, 256, (6, 1, 4, 5), dtype=torch.uint8)
    save_grid(images, 3, tmp_path / "grid.png")
    pixels = np.asarray(Image.open(tmp_path / "grid.png").convert("L"))
    assert pixels.shape == (2 * (4 + 2) + 2, 3 * (5 + 2) + 2)
    for i, image in enumerate(images):
        top, left = 2 + (i // 3) * 6, 2 + (i % 3) * 7
        assert np.array_equal(pixels[top : top + 4, left : left + 5], image[0].numpy())


def test_a_single_image_is_saved_in_its_own_colours(tmp_path: Path) -> None:
    images = torch.randint(256, (1, 3, 4, 4), dtype=torch.uint8)
    save_grid(images, 1, tmp_path / "one.png")
    pixels = torch.from_numpy(np.array(Image.open(tmp_path / "one.png"))).permute(2, 0, 1)
    assert torch.equal(pixels, images[0])


def test_films_keep_colours_and_large_images_their_size(tmp_path: Path) -> None:
    images = torch.zeros(2, 3, 300, 300, dtype=torch.uint8)
    images[0, 0], images[1, 2] = 255, 255
    save_gif(images, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as gif:
        assert (gif.n_frames, gif.size) == (2, (300, 300))  # pyright: ignore
        colours = [colour(gif, i) for i in range(2)]
    assert colours == [(255, 0, 0), (0, 0, 255)]


def colour(gif: Image.Image, frame: int) -> tuple[int, ...]:
    gif.seek(frame)
    return gif.convert("RGB").getpixel((9, 9))  # pyright: ignore
