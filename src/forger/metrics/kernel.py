"""Kernel distance between the features of fake and real images."""

import torch
from torch import Tensor

from forger.checks import check_positive
from forger.errors import ForgerError
from forger.metrics.samples import Samples

# Subsets, which take minutes already.
MOST = 100_000
# Rows of a kernel matrix at a time, which stay in the processor's cache.
BLOCK = 125


class Kernel:
    """Squared MMD under a cubic kernel, Bińkowski et al. 2018 (section 4), in features: `kid`.

    It is the mean over `subsets` random subsets of `subset_size` images of either side, drawn from
    `seed`; None: of 1,000, or of all images if they are fewer. It is unbiased: about 0 for equal
    distributions at any number of images, so it may be slightly negative; lower is better.

    Raises ValueError if a setting is below 1, ForgerError if subsets are more than 100,000 or of
    one image, or either side has fewer than `subset_size` images.
    """

    def __init__(self, subsets: int = 100, subset_size: int | None = 1000, seed: int = 0) -> None:
        check_positive(subsets=subsets, subset_size=1 if subset_size is None else subset_size)
        if subsets > MOST:
            raise ForgerError(f"subsets (={subsets}) must be at most {MOST}: give 100, for example")
        self.subsets = subsets
        self.subset_size = subset_size
        self.seed = seed

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        fewest = min(len(fake), len(real))
        subset_size = min(1000, fewest) if self.subset_size is None else self.subset_size
        if not 2 <= subset_size <= fewest:
            raise ForgerError(
                f"subset_size (={subset_size}) must be at least 2 and at most the number of images:"
                f" there are {len(fake)} fake and {len(real)} real"
            )
        real_features, fake_features = real.features.cpu(), fake.features.cpu()
        scores = []
        with torch.random.fork_rng(devices=[]):
            # subsets are drawn from the CPU's generator; torch.manual_seed would touch the GPU's
            torch.default_generator.manual_seed(self.seed)
            for _ in range(self.subsets):
                some_real = real_features[torch.randperm(len(real))[:subset_size]]
                some_fake = fake_features[torch.randperm(len(fake))[:subset_size]]
                scores.append(squared_mmd(some_real, some_fake))
        return {"kid": sum(scores) / len(scores)}


def squared_mmd(x: Tensor, y: Tensor) -> float:
    """The unbiased estimate under the kernel (x . y / d + 1)^3, for x and y float32 (m, d).

    The kernel is in float32, as torchmetrics has it for such features, and the sums in float64.
    """
    m = len(x)

    def total(a: Tensor, b: Tensor) -> float:
        found = 0.0
        for i in range(0, m, BLOCK):
            # (block, m): a . b / d + 1
            kernel = torch.addmm(torch.ones(()), a[i : i + BLOCK], b.T, alpha=1 / a.shape[1])
            cubes = (kernel * kernel).mul_(kernel)
            # Sums of rows in float64: (block,) each
            found += cubes.sum(1).sum(dtype=torch.float64).item()
            # The diagonal is left out: it is what makes the estimate unbiased.
            if a is b:
                found -= cubes.diagonal(i).sum(dtype=torch.float64).item()
        return found

    within = (total(x, x) + total(y, y)) / (m * (m - 1))
    return within - 2 * total(x, y) / m**2
