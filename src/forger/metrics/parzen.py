"""Parzen window log-likelihood, the measure of the first GAN paper."""

from collections.abc import Sequence
from math import log, pi

import torch
from torch import Tensor

from forger.checks import check_positive
from forger.metrics.neighbours import squares
from forger.metrics.samples import Samples

# Images whose distances are computed at a time.
COLUMNS = 1024


class Parzen:
    """Mean log-likelihood of the real images under Gaussians around the fakes.

    It is that of Goodfellow et al. 2014 (section 5), after Breuleux et al. 2011. Pixels are scaled
    to [0, 1] and log p(x) = log mean_j N(x; fake_j, sigma^2 I), in nats. `parzen_sigma` is the one
    of `sigmas` (10^-1 to 10^0 in 10 logarithmic steps unless given) with the highest mean over the
    first `select` validation images; `parzen` the mean over all real images at that sigma, higher
    is better; `parzen_se` its standard error. The published protocol has 10,000 fakes and the
    10,000 test images.

    Read with care: 10,000 real MNIST training images score about 243 in place of the fakes, and
    blurred images score far above (Theis et al. 2016, section 3.2).

    Raises ValueError if there is no sigma or one is not positive, or if select is below 1.
    """

    needs_evaluator = False

    def __init__(self, sigmas: Sequence[float] | None = None, select: int = 1000) -> None:
        check_positive(select=select)
        grid = torch.logspace(-1, 0, 10, dtype=torch.float64).tolist()
        self.sigmas = grid if sigmas is None else list(sigmas)
        if not self.sigmas or min(self.sigmas) <= 0:
            raise ValueError(f"sigmas (={self.sigmas}) must be positive, in pixels of [0, 1]")
        self.select = select

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]:
        # (sigmas, select)
        choices = log_likelihood(validation.images[: self.select], fake.images, self.sigmas)
        sigma = self.sigmas[int(choices.mean(1).argmax())]
        (likelihoods,) = log_likelihood(real.images, fake.images, [sigma])  # (n,)
        return {
            "parzen": likelihoods.mean().item(),
            "parzen_se": likelihoods.std(correction=0).item() / len(real) ** 0.5,
            "parzen_sigma": sigma,
        }


def log_likelihood(images: Tensor, centres: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Log-density of each image under Gaussians of width sigma around the centres, in nats.

    `images` (n, C, H, W) and `centres` (m, C, H, W) are uint8 and scaled to [0, 1] here; sigmas are
    in that scale. Returns float64 (sigmas, n), on the CPU.
    """
    widths = [2 * (255 * sigma) ** 2 for sigma in sigmas]
    parts = []
    for some in images.split(COLUMNS):
        terms = []
        for block in squares(centres, some):
            # Relative to the nearest centre these are whole numbers, and float32 rounds only those
            # that are too large to matter.
            least = block.amin(0)  # (some,)
            beyond = block.sub_(least).float()
            # Terms below e^-60 add nothing, and denormal numbers are slow.
            sums = [beyond.mul(-1 / width).clamp_min_(-60).exp_().sum(0) for width in widths]
            # (sigmas, some), the largest term of each sum.
            exponents = torch.stack([least.double() / -width for width in widths])
            terms.append(torch.stack(sums).double().log() + exponents)
        # (blocks, sigmas, some) -> (sigmas, some)
        parts.append(torch.stack(terms).logsumexp(0))
    normaliser = torch.tensor([log(s) + log(2 * pi) / 2 for s in sigmas], dtype=torch.float64)
    return torch.cat(parts, 1) - log(len(centres)) - images[0].numel() * normaliser[:, None]
