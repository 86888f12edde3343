"""Pictures of many images: a grid, and a film."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from forger.runs.files import atomic_write

# Images are enlarged by whole pixels to at most this many a side.
SIDE = 32


def image_grid(images: Tensor, columns: int) -> Tensor:
    """Images uint8 (n, C, H, W) row by row in one picture, uint8 (3, height, width)."""
    images = side_by_side(images)
    return make_grid(enlarge(images, SIDE // max(images.shape[2:])), nrow=columns)


def as_bytes(images: Tensor, window: Tensor) -> Tensor:
    """Floats (n, C, H, W) as uint8, each channel by its own range; bytes as they are.

    window: examples (k, C, H, W), such as training data: their lowest value of a channel is black,
    their highest white, and what is beyond is clipped.
    """
    if not images.is_floating_point():
        return images
    low, high = (of(window.nan_to_num(), (0, 2, 3), True) for of in (torch.amin, torch.amax))
    shown = (images.nan_to_num() - low) / (high - low).clamp_min(1e-12)
    return shown.clamp(0, 1).mul(255).round().to(torch.uint8)


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


def save_grid(images: Tensor, columns: int, path: Path) -> None:
    """`image_grid` as a PNG."""
    save_image(image_grid(images, columns), path)


def save_image(image: Tensor, path: Path) -> None:
    """An image or a picture, uint8 (C, H, W), as a PNG of its own pixels."""
    # Of a single image make_grid makes three channels, and no margin.
    (image,) = side_by_side(image[None])
    with atomic_write(path) as partial:
        to_pil_image(make_grid(image)).save(partial)


def save_gif(images: Tensor, path: Path) -> None:
    """Images uint8 (n, C, H, W) as an endless film, 20 a second, enlarged to about 224 pixels.

    These are the pixels of the longer side.
    """
    images = side_by_side(images)
    first, *others = map(to_pil_image, enlarge(images, 224 // max(images.shape[2:])))
    with atomic_write(path) as partial:
        first.save(partial, save_all=True, append_images=others, duration=50, loop=0)
