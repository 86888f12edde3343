"""Fréchet distance between the features of fake and real images."""

import torch
from torch import Tensor

from forger.errors import ForgerError
from forger.metrics.samples import Samples


class Frechet:
    """Fréchet distance of Heusel et al. 2017 (eq. 6), in the evaluator's features: `fid`.

    It has the squared units of the features; 0 for equal sets, lower is better. Values are
    comparable only at equal numbers of images (the estimate is biased upwards for few) and under
    one evaluator. num_features: None for the evaluator's own.

    Raises ForgerError if either side has fewer than two images.
    """

    num_features: int | None = None

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]:
        if min(len(fake), len(real)) < 2:
            raise ForgerError(
                f"a covariance needs at least 2 images of each kind, got {len(fake)} fake and"
                f" {len(real)} real: give more"
            )
        return {"fid": distance(real.features.double(), fake.features.double()).item()}


def distance(real: Tensor, fake: Tensor) -> Tensor:
    """Fréchet distance between Gaussians of the moments of features float64 (n, d): a scalar.

    float64, since the square root of a covariance loses half of the digits.
    """
    (mean, covariance), (other_mean, other_covariance) = map(moments, (real, fake))
    # The trace of a product's square root is the sum of the roots of its eigenvalues.
    roots = torch.linalg.eigvals(covariance @ other_covariance).sqrt().real.sum()
    traces = covariance.trace() + other_covariance.trace()
    return (mean - other_mean).square().sum() + traces - 2 * roots


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """The mean (d,) and the covariance (d, d) of features (n, d)."""
    count = len(features)
    mean = features.sum(0) / count
    scatter = features.T.mm(features) - count * mean[:, None].mm(mean[None])
    return mean, scatter / (count - 1)


def too_few(fake: int, real: int, features: int) -> str | None:
    """What is wrong with a Fréchet distance from so many images; None if they are enough.

    With no more images than features, the covariance is singular, and the distance is far above
    that of many images.
    """
    if min(fake, real) > features:
        return None
    return (
        f"a Fréchet distance of {fake} samples from {real} real ones in {features} features is"
        f" far too high: more than {features} of each are needed"
    )
