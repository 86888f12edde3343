"""From an example back to the latent vector that makes it."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import CosineAnnealingLR


def invert(
    generator: Callable[[Tensor], Tensor],
    target: Tensor,
    start: Tensor,
    steps: int,
    learning_rate: float,
    prior_weight: float,
) -> Tensor:
    """Descend from each start to a z whose example is near the target (Creswell & Bharath 2016).

    target: float (*shape) in the generator's range. start: (r, latent_dim); the r descents share a
    batch and nothing else. The loss is the mean squared error over the target's values, plus
    prior_weight times the mean square of z, which is 1 for a typical draw and, for a Gaussian
    prior, its negative log density up to constants. steps: of Adam, whose learning rate falls to 0
    along a cosine. The generator should be in evaluation mode.

    Returns z (r, latent_dim), in the order of the starts.
    """
    z = start.clone().requires_grad_()  # (r, latent_dim)
    optimizer = Adam([z], lr=learning_rate)
    schedule = CosineAnnealingLR(optimizer, T_max=steps)
    for _ in range(steps):
        # (r, *shape) -> (r, values) -> (r,)
        error = (generator(z) - target).square().flatten(1).mean(1)
        # a scalar: each start has its own gradient in the sum.
        loss = (error + prior_weight * z.square().mean(1)).sum()
        # Gradients of z alone: those of the generator's weights are not needed.
        (z.grad,) = torch.autograd.grad(loss, [z])
        optimizer.step()
        schedule.step()
    return z.detach()
