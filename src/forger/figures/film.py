"""A film of pictures of training."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from torch import Tensor
from torchvision.transforms.functional import to_pil_image

from forger.runs.files import atomic_write

# What is drawn of a moment, by name; "update" () is its number of generator updates.
Frame = dict[str, Tensor]


def save_film(pictures: Iterable[np.ndarray], path: Path) -> None:
    """Pictures uint8 (height, width, 3) as an endless GIF, ten a second.

    The first stays for a second, and the last for three.
    """
    first, *others = map(to_pil_image, pictures)
    pace = [1000, *[100] * (len(others) - 1), 3000]
    with atomic_write(path) as partial:
        first.save(partial, save_all=True, append_images=others, duration=pace, loop=0)
