"""A term: what is added to the objective of the generator, the discriminator or both."""

from torch import Tensor

from forger.terms.protocol import Update


class MeanMatching:
    """weight |mean G(z) - mean x|^2 of a minibatch, a scalar.

    Feature matching (Salimans et al. 2016, section 3.1), with the examples as their own features.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def generator(self, update: Update) -> Tensor:
        difference = update.fake.mean(0) - update.real.mean(0)  # (m, *shape) -> (*shape)
        return self.weight * difference.square().sum()
