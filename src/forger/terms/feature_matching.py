"""Feature matching: generated examples have the mean features of real ones."""

from torch import Tensor

from forger.checks import check_not_negative
from forger.terms.protocol import Update


class FeatureMatching:
    """Feature matching, |E f(x) - E f(G(z))|^2 on D's features f (Salimans et al. 2016, 3.1).

    weight: of the squared distance, averaged over features.
    Raises ForgerError for a negative weight.
    """

    generator_needs_real = True

    def __init__(self, weight: float) -> None:
        check_not_negative(weight=weight)
        self.weight = weight

    def generator(self, update: Update) -> Tensor:
        """weight times the distance, a scalar."""
        # (m, d) -> (d,) each
        means = [o["features"].mean(0) for o in (update.real_outputs, update.fake_outputs)]
        return self.weight * (means[0].detach() - means[1]).square().mean()
