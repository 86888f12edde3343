"""Pictures of many images: a grid, and a film."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from forger.runs.files import atomic_write

# Images are enlarged by whole pixels to at most this many a side.
SIDE = 32
# Black pixels around each image of a grid.
MARGIN = 2


def image_grid(images: Tensor, columns: int) -> Tensor:
    """Images uint8 (n, C, H, W) row by row in one picture, uint8 (3, height, width).

    A single image is the picture, without a margin.
    """
    images = side_by_side(images)
    images = enlarge(images, SIDE // max(images.shape[2:])).expand(-1, 3, -1, -1)
    if len(images) == 1:
        return images[0]
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    # (n, 3, H, W) -> (rows columns, 3, H + margin, W + margin), the last of them black.
    tiles = pad(images, (MARGIN, 0, MARGIN, 0, 0, 0, 0, rows * columns - len(images)))
    # -> (3, rows, H + margin, columns, W + margin) -> (3, height, width).
    picture = tiles.unflatten(0, (rows, columns)).permute(2, 0, 3, 1, 4).flatten(1, 2).flatten(2)
    return pad(picture, (0, MARGIN, 0, MARGIN))


def side_by_side(images: Tensor) -> Tensor:
    """Images (n, C, H, W) that have a colour: those of 2, or of more than 3, channels in grey.

    Their channels lie side by side: (n, 1, H, C W).
    """
    return images if images.shape[1] in (1, 3) else torch.cat(images.split(1, dim=1), dim=3)


def enlarge(images: Tensor, times: int) -> Tensor:
    """Each pixel of (n, C, H, W) as a square of times x times of them; as they are below 2."""
    times = max(1, times)
    # (n, C, times H, times W)
    return images.repeat_interleave(times, 2).repeat_interleave(times, 3)


def as_pillow(image: Tensor) -> Image.Image:
    """An image uint8 (C, H, W) as Pillow's, in grey for one channel and in colour for three."""
    # (C, H, W) -> (H, W, C), or (H, W).
    return Image.fromarray(image.permute(1, 2, 0).squeeze(2).contiguous().numpy())


def save_grid(images: Tensor, columns: int, path: Path) -> None:
    """`image_grid` as a PNG."""
    save_image(image_grid(images, columns), path)


def save_image(image: Tensor, path: Path) -> None:
    """An image or a picture, uint8 (C, H, W), as a PNG of its own pixels."""
    (image,) = side_by_side(image[None])
    with atomic_write(path) as partial:
        as_pillow(image.expand(3, -1, -1)).save(partial)


def save_gif(images: Tensor, path: Path) -> None:
    """Images uint8 (n, C, H, W) as an endless film, 20 a second, enlarged to about 224 pixels."""
    images = side_by_side(images)
    first, *others = map(as_pillow, enlarge(images, 224 // images.shape[-1]))
    with atomic_write(path) as partial:
        first.save(partial, save_all=True, append_images=others, duration=50, loop=0)
