"""Pictures read back from files."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageSequence
from torch import Tensor


def tiles(path: Path, side: int = 28) -> Tensor:
    """The images of a grid, two pixels apart, row by row: uint8 (n, 1, side, side)."""
    with Image.open(path) as picture:
        pixels = torch.from_numpy(np.array(picture.convert("L")))
    cells = pixels[2:, 2:].unfold(0, side, side + 2).unfold(1, side, side + 2)
    return cells.flatten(0, 1)[:, None]


def frames(path: Path) -> Tensor:
    """The frames of a film in grey: uint8 (n, H, W)."""
    with Image.open(path) as film:
        shots = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(film)]
    return torch.from_numpy(np.stack(shots))
