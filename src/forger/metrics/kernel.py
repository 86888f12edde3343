"""Kernel distance between the features of fake and real images."""

import warnings

import torch
from torch import nn
from torchmetrics.image.kid import KernelInceptionDistance

from forger.checks import check_positive
from forger.errors import ForgerError
from forger.metrics.samples import Samples

MOST = 100_000
"""Subsets, which take minutes already."""


class Kernel:
    """Squared MMD under a cubic kernel, Bińkowski et al. 2018 (section 4), in features: `kid`.

    The mean over `subsets` random subsets of `subset_size` images of either side, drawn from
    `seed`; None: of 1,000, or of all images if they are fewer. Unbiased: about 0 for equal
    distributions at any number of images, so it may be slightly negative; lower is better.

    Raises ValueError if a setting is below 1, ForgerError if subsets are more than 100,000 or
    either side has fewer than `subset_size` images.
    """

    def __init__(self, subsets: int = 100, subset_size: int | None = 1000, seed: int = 0) -> None:
        check_positive(subsets=subsets, subset_size=1 if subset_size is None else subset_size)
        if subsets > MOST:
            raise ForgerError(f"subsets (={subsets}) must be at most {MOST}: 100 are many")
        self.subsets = subsets
        self.subset_size = subset_size
        self.seed = seed

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]:
        fewest = min(len(fake), len(real))
        subset_size = min(1000, fewest) if self.subset_size is None else self.subset_size
        if fewest < subset_size:
            raise ForgerError(
                f"subset_size (={subset_size}) must not exceed the number of images, "
                f"got {len(fake)} fake and {len(real)} real"
            )
        # no syncing: the samples are complete here, and other processes may not be measuring
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*save all extracted features")
            metric = KernelInceptionDistance(
                feature=nn.Identity(),
                subsets=self.subsets,
                subset_size=subset_size,
                sync_on_compute=False,
            )
        metric.update(real.features.double(), real=True)
        metric.update(fake.features.double(), real=False)
        with torch.random.fork_rng(devices=[]):
            # subsets are drawn from the CPU's generator; torch.manual_seed would touch the GPU's
            torch.default_generator.manual_seed(self.seed)
            mean, _ = metric.compute()
        return {"kid": mean.item()}
