"""What is added to the discriminator's objective to keep its gradients in check.

A penalty is any callable (discriminator, real (m, *shape), fake (m, *shape)) -> scalar. Several add
up. Gradients are taken in float32 even under autocast, where their squares would drown in rounding.
A discriminator with batch normalisation defeats them: there each example's logit depends on others.
"""

from typing import Protocol

import torch
from torch import Tensor, nn


class Penalty(Protocol):
    """What the GAN asks of a penalty."""

    def __call__(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor: ...


def gradient_square(discriminator: nn.Module, x: Tensor) -> Tensor:
    """Squared L2 norm of the logit's gradient at each example of x (m, *shape): (m,), float32."""
    with torch.autocast(x.device.type, enabled=False):
        x = x.detach().float().requires_grad_(True)
        (gradient,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return gradient.flatten(1).square().sum(1)


class R1:
    """Zero-centred gradient penalty at real examples (Mescheder et al. 2018, eq. 9).

    gamma / 2 E[|grad D(x)|^2], with the 1/2 that some code leaves out.
    """

    def __init__(self, gamma: float) -> None:
        self.gamma = gamma

    def __call__(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        return self.gamma / 2 * gradient_square(discriminator, real).mean()


class R2(R1):
    """Zero-centred gradient penalty at generated examples (Mescheder et al. 2018, eq. 10)."""

    def __call__(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        return super().__call__(discriminator, fake, real)


class GradientPenalty:
    """The gradient penalty of WGAN-GP (Gulrajani et al. 2017, eq. 3).

    weight E[(|grad D(x)| - 1)^2] at points between real and generated examples.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
        between = real + share * (fake - real)
        return (
            self.weight
            * ((gradient_square(discriminator, between) + 1e-12).sqrt() - 1).square().mean()
        )
