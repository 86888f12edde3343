"""A discriminator that gives one logit for several examples."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from forger.checks import check_positive
from forger.errors import ForgerError


class Discriminator(nn.Module):
    """Any discriminator, shown `pack` examples of one kind side by side (Lin et al. 2018, PacGAN).

    Examples (m, C, ...) to logits (m / pack,): channels of neighbours in the minibatch are joined,
    so that a lack of variety shows. shape: shape of one example. body: what builds the
    discriminator from the shape of a pack. Raises ForgerError if m is no multiple of pack.
    """

    def __init__(self, body: Callable[..., nn.Module], shape: Sequence[int], pack: int) -> None:
        super().__init__()
        check_positive(shape=shape, pack=pack)
        self.pack = pack
        self.body = body(shape=[pack * shape[0], *shape[1:]])

    def forward(self, x: Tensor) -> Tensor:
        if len(x) % self.pack:
            raise ForgerError(
                f"{len(x)} examples at once are no multiple of discriminator.pack (={self.pack}):"
                " give another data.batch_size"
            )
        # (m, C, ...) -> (m / pack, pack, C, ...) -> (m / pack, pack C, ...).
        return self.body(x.unflatten(0, (-1, self.pack)).flatten(1, 2))
