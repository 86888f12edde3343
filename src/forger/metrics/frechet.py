"""Fréchet distance between the features of fake and real examples."""

import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from forger.errors import ForgerError
from forger.metrics.samples import Samples


class Frechet:
    """Fréchet distance of Heusel et al. 2017 (eq. 6), in the evaluator's features: `fid`.

    It has the squared units of the features; 0 for equal sets, lower is better. Values are
    comparable only at equal numbers of examples (the estimate is biased upwards for few) and under
    one evaluator. num_features: None for the evaluator's own.

    Raises ForgerError if either side has fewer than two examples.
    """

    num_features: int | None = None

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        if min(len(fake), len(real)) < 2:
            raise ForgerError(
                f"a covariance needs at least 2 examples of each kind, got {len(fake)} fake and"
                f" {len(real)} real: give more"
            )
        # torchmetrics takes a network: ours are features already, so it is the identity.
        identity = nn.Identity()
        identity.register_buffer("num_features", torch.tensor(fake.features.shape[1]))
        # Not synchronised: the samples are complete here, and other processes may not be measuring.
        metric = FrechetInceptionDistance(feature=identity, sync_on_compute=False)
        # Eq. 6: |m_r - m_f|^2 + tr(C_r + C_f - 2 (C_r C_f)^(1/2)), of features (n, d).
        # float64, since the square root of a covariance loses half of the digits.
        metric.update(real.features.double(), real=True)
        metric.update(fake.features.double(), real=False)
        return {"fid": metric.compute().item()}


def too_few(fake: int, real: int, features: int) -> str | None:
    """What is wrong with a Fréchet distance from so many examples; None if they are enough.

    With no more examples than features, the covariance is singular, and the distance is far above
    that of many examples.
    """
    if min(fake, real) > features:
        return None
    return (
        f"{fake} samples and {real} real examples are too few for a Fréchet distance in"
        f" {features} features, which is far too high then"
    )
