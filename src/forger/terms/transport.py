"""Transport cost: the generator moves each z as little as possible."""

from torch import Tensor

from forger.checks import check_not_negative, check_positive
from forger.errors import ForgerError
from forger.terms.protocol import Update


class Transport:
    """Transport cost, E[|G(z) - z|^2], for points with as many coordinates as z.

    It is averaged over coordinates. Of all generators that reach the data, the one with the lowest
    cost is the optimal transport of the prior (Brenier 1991): on a line its paths from z to x do
    not cross.
    weight: weight of the cost. updates: number of updates over which the weight falls to 0,
    linearly; None: it is constant.
    Raises ForgerError for a negative weight, for fewer than one update, and if x has another shape
    than z.
    """

    needs_examples = True

    def __init__(self, weight: float, updates: int | None) -> None:
        check_not_negative(weight=weight)
        if updates is not None:
            check_positive(updates=updates)
        self.weight = weight
        self.updates = updates

    def generator(self, update: Update) -> Tensor:
        """The weight at this update times the cost, a scalar."""
        x, z = update.fake.flatten(1), update.z  # (m, values) and (m, latent_dim)
        if x.shape != z.shape:
            raise ForgerError(
                f"term.transport needs z and x of one size, but z has {z.shape[1]} numbers and x"
                f" has {x.shape[1]}: give model.latent_dim={x.shape[1]}"
            )
        # From 1 at the first update to 0.
        left = 1 - update.gan.global_step / self.updates if self.updates is not None else 1.0
        return self.weight * max(0.0, left) * (x - z).square().mean()
