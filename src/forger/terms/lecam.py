"""LeCam regularisation: logits of each kind stay near the average of the other kind."""

import torch
from torch import Tensor, nn

from forger.checks import check_fraction, check_not_negative
from forger.terms.protocol import Update


class LeCam(nn.Module):
    """LeCam, E[(D(x) - a_F)^2] + E[(D(G(z)) - a_R)^2] on logits (Tseng et al. 2021, eq. 3).

    a_R and a_F are the moving averages of the logits of real and generated examples; they are in
    the checkpoint. weight: lambda. decay: what an old average keeps of its weight in an update.
    Raises ForgerError for a negative weight, and for a decay that is not between 0 and 1.
    """

    def __init__(self, weight: float, decay: float) -> None:
        super().__init__()
        check_not_negative(weight=weight)
        check_fraction(decay=decay)
        self.weight = weight
        self.decay = decay
        self.averages: Tensor
        self.register_buffer("averages", torch.zeros(2))

    def discriminator(self, update: Update) -> Tensor:
        """weight times the penalty, a scalar."""
        real, fake = update.real_outputs["logits"], update.fake_outputs["logits"]
        means = torch.stack([real.detach().mean(), fake.detach().mean()])  # (2,)
        self.averages.lerp_(means, 1 - self.decay)
        # Cloned, since the next update changes the buffer that this graph may still need.
        average_real, average_fake = self.averages.clone()
        # Eq. 3: each kind of logits, (m,), and the average of the other kind.
        penalty = (real - average_fake).square().mean() + (fake - average_real).square().mean()
        return self.weight * penalty
