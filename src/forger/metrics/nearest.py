"""Distance of fakes to the nearest training images: a test for memorising."""

import torch
from torch import Tensor

from forger.checks import check_positive
from forger.metrics.neighbours import squares
from forger.metrics.samples import Samples


class Nearest:
    """Pixel distance to the nearest training image, for fakes and, to compare, for real ones.

    `nearest`: the mean over the first `limit` fakes of the root mean square pixel difference, 0 to
    1, to the nearest of all training images; `nearest_real`: the same for the real images, which
    the generator has not seen; `nearest_ratio`: the first over the second. A ratio near 0 means
    memorised images; one well above 1, images unlike any real one. Nearest neighbours in pixels
    miss a shifted copy (Theis et al. 2016, section 3.3): look at the pictures too.

    Raises ValueError if limit is below 1.
    """

    needs_evaluator = False

    def __init__(self, limit: int = 1000) -> None:
        check_positive(limit=limit)
        self.limit = limit
        # Real and training images, and the distances between them, of the last call.
        self.last: tuple[Samples, Samples, Tensor] | None = None

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]:
        _, fakes = nearest(fake.images[: self.limit], train.images)
        if self.last is None or self.last[0] is not real or self.last[1] is not train:
            self.last = real, train, nearest(real.images[: self.limit], train.images)[1]
        reals = self.last[2]
        return {
            "nearest": fakes.mean().item(),
            "nearest_real": reals.mean().item(),
            "nearest_ratio": (fakes.mean() / reals.mean()).item(),
        }


def nearest(images: Tensor, train: Tensor) -> tuple[Tensor, Tensor]:
    """For each image, the index of the nearest training image (int64) and how far it is (float64).

    `images` (n, C, H, W) and `train` (m, C, H, W) are uint8. Both results are (n,), on the CPU; the
    distance is the root mean square over pixels with values from 0 to 1. The lowest index wins a
    tie.
    """
    best = torch.full((len(images),), torch.iinfo(torch.int64).max)
    index = torch.zeros(len(images), dtype=torch.long)
    done = 0
    # Blocks of training images, (block, n): all distances at once would not fit in memory.
    for block in squares(train, images):
        found, row = block.min(0)  # (n,) each
        # Strictly less: of equal distances the first index stays.
        index = torch.where(found < best, row + done, index)
        best = torch.minimum(best, found.long())
        done += len(block)
    # From a sum of squared bytes to a root mean square in [0, 1].
    return index, best.double().sqrt() / (255 * images[0].numel() ** 0.5)
