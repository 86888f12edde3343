"""Pictures of many images: a grid, and a film."""

from pathlib import Path

from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from forger.runs.files import atomic_write


def save_grid(images: Tensor, columns: int, path: Path) -> None:
    """Images uint8 (n, C, H, W), C of 1 or 3, row by row into one PNG."""
    with atomic_write(path) as partial:
        to_pil_image(make_grid(images, nrow=columns)).save(partial)


def save_gif(images: Tensor, path: Path) -> None:
    """Images uint8 (n, C, H, W) as an endless film, 20 a second, enlarged to about 224 pixels."""
    enlarged = max(1, 224 // images.shape[-1])
    big = images.repeat_interleave(enlarged, 2).repeat_interleave(enlarged, 3)  # (n, C, s H, s W)
    first, *others = map(to_pil_image, big)
    with atomic_write(path) as partial:
        first.save(partial, save_all=True, append_images=others, duration=50, loop=0)
