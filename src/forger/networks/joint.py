"""A discriminator of pairs: an example, and the latent vector that belongs to it."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from forger.checks import check_positive
from forger.errors import ForgerError


class Joint(nn.Module):
    """Any discriminator of vectors, as one of pairs (Donahue et al. 2017, figure 1).

    Pairs (m, d + latent_dim), where d is the size of an example, to logits (m,). body: what builds
    the discriminator from a shape. Raises ForgerError for what is no pair, as of another model.
    """

    def __init__(
        self, body: Callable[..., nn.Module], shape: Sequence[int], latent_dim: int
    ) -> None:
        super().__init__()
        check_positive(shape=shape, latent_dim=latent_dim)
        self.size = torch.Size(shape).numel() + latent_dim
        self.body = body(shape=[self.size])

    def forward(self, pairs: Tensor) -> Tensor:
        if pairs.shape[1:] != (self.size,):
            raise ForgerError(
                f"joint takes pairs of an example and its latent vector, [{self.size}], which"
                " model=bigan gives it"
            )
        return self.body(pairs)


def join(x: Tensor, z: Tensor) -> Tensor:
    """Pairs (m, d + latent_dim) of examples x (m, *shape) of size d and latent vectors z."""
    return torch.cat([x.flatten(1), z], dim=1)
