"""One linear layer as generator, and as discriminator."""

from collections.abc import Sequence

from forger.networks import mlp
from forger.networks.mlp import Output


class Generator(mlp.Generator):
    """One linear layer and an activation: latent vectors (m, latent_dim) to examples (m, *shape).

    output, init_std: as of `mlp.Generator`.
    """

    def __init__(
        self,
        latent_dim: int,
        shape: Sequence[int],
        output: Output,
        init_std: float | None,
    ) -> None:
        super().__init__(latent_dim, shape, [], False, output, init_std)


class Discriminator(mlp.Discriminator):
    """Logistic regression: examples (m, *shape) to logits (m,). init_std: as of `mlp.Generator`."""

    def __init__(self, shape: Sequence[int], init_std: float | None) -> None:
        super().__init__(shape, [], init_std)
