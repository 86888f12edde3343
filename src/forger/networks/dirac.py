"""The Dirac-GAN: two networks of one parameter each, a game that can be solved by hand."""

import torch
from torch import Tensor, nn


class Generator(nn.Module):
    """G(z) = theta for every z (m, latent_dim): examples (m, 1), all at one point.

    Mescheder et al. 2018, definition 2.1. initial: the first value of theta.
    """

    value_range = None

    def __init__(self, initial: float) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([float(initial)]))

    def forward(self, z: Tensor) -> Tensor:
        # No view of theta: that would require gradients under torch.no_grad as well.
        return self.theta * torch.ones_like(z[:, :1])


class Discriminator(nn.Module):
    """D(x) = psi x: examples (m, 1) to logits (m,).

    Mescheder et al. 2018, definition 2.1. initial: the first value of psi.
    """

    def __init__(self, initial: float) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.tensor([float(initial)]))

    def forward(self, x: Tensor) -> Tensor:
        return self.psi * x.squeeze(1)  # (m, 1) -> (m,)
