"""The objectives: what discriminator and generator each minimise, on logits.

A logit is the discriminator's output before the sigmoid, D(x) = sigmoid(logit), shape (m,).
softplus(t) = log(1 + e^t) gives -log D(x) = softplus(-logit) and -log(1 - D(x)) = softplus(logit)
without ever forming a probability, so no logarithm meets a zero.

A loss is any class with the two methods below. The generator's `real` is None unless it says
`generator_needs_real = True`, so that no forward pass is spent on logits nobody reads.
"""

from typing import Protocol

from torch import Tensor
from torch.nn.functional import relu, softplus


class Loss(Protocol):
    """What the GAN asks of a loss: two scalars from logits (m,)."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor: ...

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor: ...


class Minimax:
    """The two-player game of Goodfellow et al. 2014, eq. 1: min_G max_D V(D, G).

    V = E[log D(x)] + E[log(1 - D(G(z)))]. The generator's gradient vanishes wherever the
    discriminator rejects its samples with confidence: the saturating form, kept for study.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """-V: logits (m,) of real and generated examples to a scalar, 2 log 2 at equilibrium."""
        return softplus(-real).mean() + softplus(fake).mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """E[log(1 - D(G(z)))], a scalar; -log 2 at equilibrium."""
        return -softplus(fake).mean()


class NonSaturating(Minimax):
    """The non-saturating objective of the generator of Goodfellow et al. 2014, section 3.

    The generator maximises log D(G(z)): same fixed point as minimax, strong gradients early on.
    """

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """-E[log D(G(z))], a scalar; log 2 at equilibrium."""
        return softplus(-fake).mean()


class TermsOnly(Minimax):
    """The discriminator's objective of Goodfellow et al. 2014, and none of the generator's.

    The generator learns from terms, as from feature matching (Salimans et al. 2016, section 3.1).
    """

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """0, a scalar."""
        return fake.new_zeros(())


class LeastSquares:
    """Least squares GAN (Mao et al. 2017, eq. 9): targets 1 for real, 0 for generated, 1 for G."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Half the mean squares, a scalar; 1/4 at equilibrium, where every logit is 1/2."""
        return 0.5 * ((real - 1).square().mean() + fake.square().mean())

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Half the mean square, a scalar; 1/8 at equilibrium."""
        return 0.5 * (fake - 1).square().mean()


class Wasserstein:
    """Wasserstein GAN (Arjovsky et al. 2017, eq. 2 and 3), on a critic's scores.

    The critic must be kept 1-Lipschitz, by weight clipping or a gradient penalty.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the estimated distance, a scalar; 0 at equilibrium."""
        return fake.mean() - real.mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Minus the mean score, a scalar."""
        return -fake.mean()


class Hinge(Wasserstein):
    """Hinge loss (Lim and Ye 2017, eq. 9; Miyato et al. 2018, eq. 16 and 17)."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """A scalar; 2 at equilibrium, where every score is 0."""
        return relu(1 - real).mean() + relu(1 + fake).mean()


class Relativistic:
    """Relativistic pairing GAN, RpGAN (Jolicoeur-Martineau 2019, eq. 5), as in Huang et al. 2024.

    Each generated example is compared with a real one: logits (m,) are paired by position.
    """

    generator_needs_real = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[softplus(fake - real)], a scalar; log 2 at equilibrium."""
        return softplus(fake - real).mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """E[softplus(real - fake)], a scalar; log 2 at equilibrium."""
        assert real is not None, "a relativistic loss compares with real logits: give them"
        return softplus(real - fake).mean()
