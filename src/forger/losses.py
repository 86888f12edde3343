"""The objectives: what discriminator and generator each minimise, on logits.

A logit is the discriminator's output before the sigmoid, D(x) = sigmoid(logit), shape (m,).
softplus(t) = log(1 + e^t) gives -log D(x) = softplus(-logit) and -log(1 - D(x)) = softplus(logit)
without ever forming a probability, so no logarithm meets a zero.

A loss is any class with the two methods below. The generator's `real` is None unless it says
`generator_needs_real = True`, so that no forward pass is spent on logits nobody reads.
"""

import math
from collections.abc import Callable
from typing import Literal, Protocol

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from forger.checks import check_fraction


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


class LabelSmoothing(NonSaturating):
    """One-sided label smoothing (Salimans et al. 2016, section 3.4): real counts as `target`.

    The best discriminator is target p / (p + q), never certain that an example is real.
    Raises ForgerError for a target that is not between 0 and 1.
    """

    def __init__(self, target: float) -> None:
        check_fraction(target=target)
        self.target = target

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """The cross entropy, a scalar; at equilibrium D is target / 2."""
        smoothed = self.target * softplus(-real) + (1 - self.target) * softplus(real)  # (m,)
        return smoothed.mean() + softplus(fake).mean()


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


class RelativisticAverage:
    """Relativistic average GAN, RaSGAN (Jolicoeur-Martineau 2019).

    Each logit is compared with the mean of the other side's: x with the generated examples.
    """

    generator_needs_real = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """A scalar, 2 log 2 at equilibrium."""
        return softplus(fake.mean() - real).mean() + softplus(fake - real.mean()).mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """The discriminator's loss with real and generated exchanged, a scalar."""
        assert real is not None, "a relativistic loss compares with real logits: give them"
        return self.discriminator(fake, real)


Divergence = Literal[
    "kullback_leibler", "reverse_kullback_leibler", "pearson", "squared_hellinger", "jensen_shannon"
]

# For each f, T as a function of the logit v and f*(T(v)), by Nowozin et al. 2016, table 2.
DIVERGENCES: dict[Divergence, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    # f(u) = u log u. T is 1 + v, not v, so that logits are 0 at equilibrium as those of the others.
    "kullback_leibler": (lambda v: 1 + v, torch.exp),
    # f(u) = -log u
    "reverse_kullback_leibler": (lambda v: -(-v).exp(), lambda v: v - 1),
    # f(u) = (u - 1)^2. A density ratio is not negative: f*(t) = max_u (u t - f(u)) is -1 below -2.
    "pearson": (lambda v: v, lambda v: (v.clamp(min=-2) / 2 + 1).square() - 1),
    # f(u) = (sqrt(u) - 1)^2
    "squared_hellinger": (lambda v: -(-v).expm1(), torch.expm1),
    # f(u) = u log u - (u + 1) log((u + 1) / 2)
    "jensen_shannon": (lambda v: math.log(2) - softplus(-v), lambda v: softplus(v) - math.log(2)),
}


class FDivergence:
    """The game of f-GAN: the generator lowers an f-divergence (Nowozin et al. 2016).

    For data P and generated Q, D_f = E_Q[f(p / q)] = max_T E_P[T(x)] - E_Q[f*(T(x))] (eq. 4).
    jensen_shannon is twice the Jensen-Shannon divergence, so minimax and 2 log 2. Those with an
    exponential overflow beyond logits of 88, and are safer with a penalty.
    """

    def __init__(self, divergence: Divergence) -> None:
        self.divergence: Divergence = divergence

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the estimated divergence, a scalar; 0 at equilibrium, where every logit is 0."""
        variation, conjugate = DIVERGENCES[self.divergence]
        return conjugate(fake).mean() - variation(real).mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """-E[f*(T(G(z)))], a scalar: the part of the divergence that the generator changes."""
        _, conjugate = DIVERGENCES[self.divergence]
        return -conjugate(fake).mean()
