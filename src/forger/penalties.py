"""Penalties on the discriminator's gradients, which are added to its objective.

A penalty is any callable (discriminator, real (m, *shape), fake (m, *shape)) -> scalar. Several add
up. Gradients are computed in float32 even under autocast, whose precision is too low for their
squares. Batch normalisation in the discriminator makes a penalty meaningless: each logit then
depends on other examples as well.

A penalty with an attribute `every` is lazy (Karras et al. 2020, section 3.1): it is computed every
`every` iterations and multiplied by `every`, which is cheaper and as strong on average. Huang et
al. 2024 (appendix E) saw it fail where modes are many.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from forger.checks import check_not_negative, check_positive

# Examples (m, *shape) to logits (m,): the discriminator, given the minibatch's classes if any.
DiscriminatorFn = Callable[[Tensor], Tensor]


class Penalty(Protocol):
    """What the GAN asks of a penalty."""

    def __call__(self, discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor: ...


def due(penalties: Mapping[str, Penalty], update: int) -> dict[str, Penalty]:
    """The penalties of this update, a count from 0; a lazy one is in one of `every`."""
    return {n: p for n, p in penalties.items() if update % getattr(p, "every", 1) == 0}


def penalty_values(
    penalties: Mapping[str, Penalty],
    update: int,
    discriminator: DiscriminatorFn,
    real: Tensor,
    fake: Tensor,
) -> dict[str, Tensor]:
    """The scalars to add to the discriminator's objective, by the names of their curves."""
    return {
        f"penalty/{name}": getattr(penalty, "every", 1) * penalty(discriminator, real, fake)
        for name, penalty in due(penalties, update).items()
    }


def gradient_square(discriminator: DiscriminatorFn, x: Tensor) -> Tensor:
    """Squared L2 norm of each logit's gradient at the examples x (m, *shape): (m,), float32.

    A discriminator that gives one logit for `pack` examples has one gradient for them: (m / pack,).
    """

    def total_and_logits(x: Tensor) -> tuple[Tensor, Tensor]:
        logits = discriminator(x)
        # The sum has the gradient of each logit at its own example.
        return logits.sum(), logits

    with torch.autocast(x.device.type, enabled=False):
        x = x.detach().float()
        if torch.func.debug_unwrap(x) is not x:
            # Several GANs are trained at once, see `sweeps.batched`: vmap needs its own gradient.
            gradient, logits = torch.func.grad(total_and_logits, has_aux=True)(x)
        else:
            total, logits = total_and_logits(x.requires_grad_(True))
            # The graph is kept, since the penalty itself is differentiated by D's weights.
            (gradient,) = torch.autograd.grad(total, x, create_graph=True)
    return gradient.reshape(len(logits), -1).square().sum(1)  # (m, *shape) -> (m, values) -> (m,)


class R1:
    """Zero-centred gradient penalty at real examples (Mescheder et al. 2018, eq. 9).

    It is gamma / 2 E[|grad D(x)|^2], with the 1/2 that some code leaves out. every: number of
    iterations from one penalty to the next, see above. Raises ValueError for `every` below 1 and a
    negative gamma.
    """

    def __init__(self, gamma: float, every: int) -> None:
        check_positive(every=every)
        check_not_negative(gamma=gamma)
        self.gamma = gamma
        self.every = every

    def __call__(self, discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
        return self.gamma / 2 * gradient_square(discriminator, real).mean()


class R2(R1):
    """Zero-centred gradient penalty at generated examples (Mescheder et al. 2018, eq. 10)."""

    def __call__(self, discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
        return super().__call__(discriminator, fake, real)


def slope_penalty(discriminator: DiscriminatorFn, x: Tensor) -> Tensor:
    """E[(|grad D(x)| - 1)^2], a scalar."""
    # The derivative of the square root is infinite at 0.
    return ((gradient_square(discriminator, x) + 1e-12).sqrt() - 1).square().mean()


class GradientPenalty:
    """The gradient penalty of WGAN-GP (Gulrajani et al. 2017, eq. 3).

    It is weight E[(|grad D(x)| - 1)^2] at points between real and generated examples.
    Raises ValueError for a negative weight.
    """

    def __init__(self, weight: float) -> None:
        check_not_negative(weight=weight)
        self.weight = weight

    def __call__(self, discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
        weight = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)  # (m, 1, ..., 1)
        # A random point on the line between a real and a generated example.
        return self.weight * slope_penalty(discriminator, real + weight * (fake - real))


class DRAGAN:
    """The gradient penalty of DRAGAN (Kodali et al. 2017, section 2.3), for any objective.

    It is weight E[(|grad D(x + d)| - 1)^2] around real examples only: d is normal noise, its
    standard deviation `noise` times that of all values in the minibatch.
    Raises ValueError if either is negative.
    """

    def __init__(self, weight: float, noise: float) -> None:
        check_not_negative(weight=weight, noise=noise)
        self.weight = weight
        self.noise = noise

    def __call__(self, discriminator: DiscriminatorFn, real: Tensor, fake: Tensor) -> Tensor:
        near = real + self.noise * real.std() * torch.randn_like(real)  # (m, *shape)
        return self.weight * slope_penalty(discriminator, near)
