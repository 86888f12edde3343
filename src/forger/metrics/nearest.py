"""Distance of fakes to the nearest training images: a test for memorising."""

import torch
from torch import Tensor

from forger.checks import check_positive
from forger.metrics.neighbours import nearest_among, squares
from forger.metrics.samples import Samples


class Nearest:
    """Distance to the nearest training example, for fakes and, to compare, for real ones.

    `nearest`: the mean over the first `limit` fakes of the root mean square difference, of pixels
    from 0 to 1 or of the numbers of points, to the nearest of all training examples;
    `nearest_real`: the same for the real examples, which the generator has not seen;
    `nearest_ratio`: the first over the second. A ratio near 0 means memorised examples; one well
    above 1, examples unlike any real one. Nearest neighbours in pixels miss a shifted copy (Theis
    et al. 2016, section 3.3): look at the pictures too.

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
        _, fakes = nearest(fake.examples[: self.limit], train.examples)
        if self.last is None or self.last[0] is not real or self.last[1] is not train:
            self.last = real, train, nearest(real.examples[: self.limit], train.examples)[1]
        reals = self.last[2]
        return {
            "nearest": fakes.mean().item(),
            "nearest_real": reals.mean().item(),
            "nearest_ratio": (fakes.mean() / reals.mean()).item(),
        }


def nearest(examples: Tensor, train: Tensor) -> tuple[Tensor, Tensor]:
    """For each example, the index of the nearest training one (int64) and how far it is (float64).

    `examples` and `train` are images, uint8 (n, C, H, W) and (m, C, H, W), or points, float32
    (n, *shape) and (m, *shape). Both results are (n,), on the CPU; the distance is the root mean
    square over pixels with values from 0 to 1, or over the numbers of a point. The lowest index of
    images wins a tie.
    """
    if examples.is_floating_point():
        index, distance = nearest_among(examples.flatten(1), train.flatten(1))
        return index, distance / examples[0].numel() ** 0.5
    return nearest_image(examples, train)


def nearest_image(images: Tensor, train: Tensor) -> tuple[Tensor, Tensor]:
    """`nearest` of images."""
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
