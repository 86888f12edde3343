"""The objectives: what discriminator and generator each minimise, on logits.

A logit is the discriminator's output before the sigmoid, D(x) = sigmoid(logit), shape (m,).
softplus(t) = log(1 + e^t) gives -log D(x) = softplus(-logit) and -log(1 - D(x)) = softplus(logit)
without ever forming a probability, so no logarithm meets a zero.

A loss is any class with these two methods. The generator's `real` is None unless the class says
`generator_needs_real = True`, so that no forward pass is spent on logits nobody reads.
"""

from typing import Protocol

from torch import Tensor
from torch.nn.functional import softplus


class Loss(Protocol):
    """What the GAN asks of a loss: two scalars from logits (m,)."""

    generator_needs_real: bool

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor: ...

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor: ...


class Minimax:
    """The two-player game of Goodfellow et al. 2014, eq. 1: min_G max_D V(D, G).

    V = E[log D(x)] + E[log(1 - D(G(z)))]. The generator's gradient vanishes wherever the
    discriminator rejects its samples with confidence: the saturating form, kept for study.
    """

    generator_needs_real = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """-V: logits (m,) of real and generated examples to a scalar, 2 log 2 at equilibrium."""
        return softplus(-real).mean() + softplus(fake).mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """E[log(1 - D(G(z)))], a scalar; -log 2 at equilibrium."""
        return -softplus(fake).mean()


class NonSaturating(Minimax):
    """The same game with the generator's objective of Goodfellow et al. 2014, section 3.

    The generator maximises log D(G(z)): the same fixed point, strong gradients early on.
    """

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """-E[log D(G(z))], a scalar; log 2 at equilibrium."""
        return softplus(-fake).mean()
