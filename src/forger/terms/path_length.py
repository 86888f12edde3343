"""Path length regularisation: a step of z changes the image by the same amount everywhere."""

import torch
from torch import Tensor, nn

from forger.checks import check_fraction, check_not_negative
from forger.errors import ForgerError
from forger.terms.protocol import Update


class PathLength(nn.Module):
    """Path length, E[(|J^T y| - a)^2] for normal images y (Karras et al. 2020, eq. 4).

    The running mean of |J^T y| is a; J is the Jacobian of G at z; y has the variance 1 / (pixels of
    an image), as in their code. weight: of the penalty. decay: what an old mean keeps of its weight
    in an update; the mean is in the checkpoint.
    Raises ForgerError for a negative weight, for a decay that is not between 0 and 1, and for a
    generator that does not use z.
    """

    needs_examples = True

    def __init__(self, weight: float, decay: float) -> None:
        super().__init__()
        check_not_negative(weight=weight)
        check_fraction(decay=decay)
        self.weight = weight
        self.decay = decay
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(()))

    def generator(self, update: Update) -> Tensor:
        """weight times the penalty, a scalar."""
        # A fresh z with a gradient: those of the update have none.
        z = update.z.detach().requires_grad_(True)
        fake = update.gan.fake(z, update.label)
        y = torch.randn_like(fake) / fake[0, 0].numel() ** 0.5  # (m, *shape)
        # J^T y, (m, latent_dim).
        projection = (fake * y).sum()
        (gradient,) = torch.autograd.grad(projection, z, create_graph=True, allow_unused=True)
        if gradient is None:
            raise ForgerError("term.path_length is for a generator that uses z: leave it out")
        lengths = gradient.square().sum(1).sqrt()  # (m,)
        self.mean.lerp_(lengths.detach().mean(), 1 - self.decay)
        return self.weight * (lengths - self.mean).square().mean()
