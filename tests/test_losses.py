import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from forger.losses import (
    DIVERGENCES,
    Divergence,
    FDivergence,
    Hinge,
    LabelSmoothing,
    LeastSquares,
    Loss,
    Minimax,
    NonSaturating,
    Relativistic,
    RelativisticAverage,
    Wasserstein,
)

MAGNITUDES = [0.0, 1e-3, 0.5, 1.0, 5.0, 19.0, 21.0, 50.0, 90.0, 1e3, 1e4]
LOGITS = [sign * t for t in MAGNITUDES for sign in (-1, 1)]


def one(logit: float, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor([logit], dtype=dtype, requires_grad=True)


def minus_log_sigmoid(logit: float) -> Tensor:
    """-log(1 / (1 + e^-t)), in float64 where e^-t would overflow too."""
    t = torch.tensor(logit, dtype=torch.float64)
    return torch.logaddexp(torch.zeros_like(t), -t)


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0


def agree(actual: Tensor, expected: float) -> None:
    assert actual.isfinite().all()
    torch.testing.assert_close(
        actual.double().sum(), torch.tensor(expected, dtype=torch.float64), rtol=1e-6, atol=1e-30
    )


@pytest.mark.parametrize("logit", LOGITS)
@pytest.mark.parametrize("loss", [Minimax(), NonSaturating()])
def test_discriminator_loss_is_the_formula_in_float64(loss: Minimax, logit: float) -> None:
    real, fake = one(logit), one(-1.5)
    value = loss.discriminator(real, fake)
    agree(value, (minus_log_sigmoid(logit) + minus_log_sigmoid(1.5)).item())
    agree(torch.autograd.grad(value, real)[0], -sigmoid(-logit))

    real, fake = one(1.5), one(logit)
    value = loss.discriminator(real, fake)
    agree(value, (minus_log_sigmoid(1.5) + minus_log_sigmoid(-logit)).item())
    agree(torch.autograd.grad(value, fake)[0], sigmoid(logit))


@pytest.mark.parametrize("logit", LOGITS)
def test_minimax_generator_loss_is_the_formula_in_float64(logit: float) -> None:
    fake = one(logit)
    value = Minimax().generator(None, fake)
    agree(value, -minus_log_sigmoid(-logit).item())
    agree(torch.autograd.grad(value, fake)[0], -sigmoid(logit))


@pytest.mark.parametrize("logit", LOGITS)
def test_non_saturating_generator_loss_is_the_formula_in_float64(logit: float) -> None:
    fake = one(logit)
    value = NonSaturating().generator(None, fake)
    agree(value, minus_log_sigmoid(logit).item())
    agree(torch.autograd.grad(value, fake)[0], -sigmoid(-logit))


def test_losses_are_binary_cross_entropies_of_probabilities() -> None:
    real, fake = torch.linspace(-6, 6, 64, dtype=torch.float64), torch.linspace(-4, 8, 64).double()
    ones, zeros = torch.ones_like(real), torch.zeros_like(real)
    both = binary_cross_entropy(real.sigmoid(), ones) + binary_cross_entropy(fake.sigmoid(), zeros)
    for loss in (Minimax(), NonSaturating()):
        torch.testing.assert_close(loss.discriminator(real, fake), both)
    torch.testing.assert_close(
        Minimax().generator(None, fake), -binary_cross_entropy(fake.sigmoid(), zeros)
    )
    torch.testing.assert_close(
        NonSaturating().generator(None, fake), binary_cross_entropy(fake.sigmoid(), ones)
    )


def test_equilibrium_values() -> None:
    undecided = torch.zeros(5)
    for loss in (Minimax(), NonSaturating()):
        assert loss.discriminator(undecided, undecided).item() == pytest.approx(2 * math.log(2))
    assert Minimax().generator(None, undecided).item() == pytest.approx(-math.log(2))
    assert NonSaturating().generator(None, undecided).item() == pytest.approx(math.log(2))


def test_only_the_minimax_generator_saturates_when_its_samples_are_rejected() -> None:
    rejected = one(-20.0)
    (saturated,) = torch.autograd.grad(Minimax().generator(None, rejected), rejected)
    (strong,) = torch.autograd.grad(NonSaturating().generator(None, rejected), rejected)
    assert 0 < -saturated.item() < 1e-8
    assert strong.item() == pytest.approx(-1)


def test_generators_minimise_by_raising_the_logits_of_their_samples() -> None:
    logits = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    for loss in (Minimax(), NonSaturating()):
        assert (torch.autograd.grad(loss.generator(None, logits), logits)[0] < 0).all()


@pytest.mark.parametrize(
    ("loss", "equilibrium", "discriminator", "generator"),
    [
        (LeastSquares(), 0.5, 1 / 4, 1 / 8),
        (Wasserstein(), 3.0, 0, -3),
        (Hinge(), 0.0, 2, 0),
        (Relativistic(), 3.0, math.log(2), math.log(2)),
        (RelativisticAverage(), 3.0, 2 * math.log(2), 2 * math.log(2)),
        *(
            (FDivergence(name), 0.0, 0, -DIVERGENCES[name][0](torch.zeros(1)).item())
            for name in DIVERGENCES
        ),
    ],
)
def test_other_objectives_have_their_papers_equilibrium_values(
    loss: Loss, equilibrium: float, discriminator: float, generator: float
) -> None:
    logits = torch.full((5,), equilibrium)
    assert loss.discriminator(logits, logits).item() == pytest.approx(discriminator)
    assert loss.generator(logits, logits).item() == pytest.approx(generator)


def test_other_objectives_are_their_papers_formulas() -> None:
    real, fake = torch.tensor([-2.0, 0.5, 3.0]), torch.tensor([1.5, -0.25, -4.0])
    pairs = list(zip(real.tolist(), fake.tolist(), strict=True))

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    expected = {
        LeastSquares(): (
            mean([(r - 1) ** 2 / 2 for r, _ in pairs]) + mean([f**2 / 2 for _, f in pairs]),
            mean([(f - 1) ** 2 / 2 for _, f in pairs]),
        ),
        Wasserstein(): (mean([f - r for r, f in pairs]), mean([-f for _, f in pairs])),
        Hinge(): (
            mean([max(0, 1 - r) for r, _ in pairs]) + mean([max(0, 1 + f) for _, f in pairs]),
            mean([-f for _, f in pairs]),
        ),
        Relativistic(): (
            mean([math.log(1 + math.exp(f - r)) for r, f in pairs]),
            mean([math.log(1 + math.exp(r - f)) for r, f in pairs]),
        ),
        RelativisticAverage(): (
            mean([math.log(1 + math.exp(-11 / 12 - r)) for r, _ in pairs])
            + mean([math.log(1 + math.exp(f - 1 / 2)) for _, f in pairs]),
            mean([math.log(1 + math.exp(1 / 2 - f)) for _, f in pairs])
            + mean([math.log(1 + math.exp(r + 11 / 12)) for r, _ in pairs]),
        ),
    }
    for loss, (discriminator, generator) in expected.items():
        assert loss.discriminator(real, fake).item() == pytest.approx(discriminator)
        assert loss.generator(real, fake).item() == pytest.approx(generator)


def test_label_smoothing_is_the_cross_entropy_with_soft_labels_of_real_examples() -> None:
    real, fake = torch.linspace(-6, 6, 64, dtype=torch.float64), torch.linspace(-4, 8, 64).double()
    expected = binary_cross_entropy_with_logits(real, torch.full_like(real, 0.9))
    expected += binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    torch.testing.assert_close(LabelSmoothing(0.9).discriminator(real, fake), expected)


P: Any = norm(0, 1)  # the data
Q: Any = norm(0.7, 1.3)  # what is generated

# f, and the logit at which the bound is the divergence itself, of the ratio u = p / q.
RATIOS: dict[Divergence, tuple[Callable[[float], float], Callable[[np.ndarray], np.ndarray]]] = {
    "kullback_leibler": (lambda u: u * math.log(u), np.log),
    "reverse_kullback_leibler": (lambda u: -math.log(u), np.log),
    "pearson": (lambda u: (u - 1) ** 2, lambda u: 2 * (u - 1)),
    "squared_hellinger": (lambda u: (math.sqrt(u) - 1) ** 2, lambda u: np.log(u) / 2),
    "jensen_shannon": (lambda u: u * math.log(u) - (u + 1) * math.log((u + 1) / 2), np.log),
}


@pytest.mark.parametrize("name", DIVERGENCES)
def test_f_divergence_is_the_divergence_at_the_best_logits_and_less_at_others(
    name: Divergence,
) -> None:
    f, best = RATIOS[name]
    expected, _ = quad(lambda x: Q.pdf(x) * f(P.pdf(x) / Q.pdf(x)), -9, 9)
    quantiles = (np.arange(200_000) + 0.5) / 200_000  # their mean is the expectation

    def estimate(shift: float) -> float:
        logits = (
            torch.from_numpy(best(P.pdf(x) / Q.pdf(x)) + shift * np.sin(x))
            for x in (P.ppf(quantiles), Q.ppf(quantiles))
        )
        return -FDivergence(name).discriminator(*logits).item()

    assert estimate(0) == pytest.approx(expected, rel=3e-3)
    assert estimate(0) > max(estimate(0.1), estimate(-0.1))


def test_the_jensen_shannon_divergence_is_the_game_of_the_paper() -> None:
    real, fake = torch.randn(64), torch.randn(64)
    loss, minimax = FDivergence("jensen_shannon"), Minimax()
    both = 2 * math.log(2)
    torch.testing.assert_close(
        loss.discriminator(real, fake) + both, minimax.discriminator(real, fake)
    )
    torch.testing.assert_close(
        loss.generator(None, fake), minimax.generator(None, fake) + math.log(2)
    )


@pytest.mark.parametrize("name", DIVERGENCES)
def test_no_divergence_pays_a_generator_for_lower_logits(name: Divergence) -> None:
    logits = torch.linspace(-20, 20, 41, requires_grad=True)
    (gradient,) = torch.autograd.grad(FDivergence(name).generator(None, logits), logits)
    assert (gradient <= 0).all()


LOSSES: list[Loss] = [
    Minimax(), NonSaturating(), LabelSmoothing(0.9), LeastSquares(), Wasserstein(), Hinge(),
    Relativistic(), RelativisticAverage(), FDivergence("jensen_shannon"),
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_every_objective_is_finite_where_networks_diverge(loss: Loss, logit: float) -> None:
    for real, fake in ((one(logit), one(-logit)), (one(logit), one(logit))):
        for value in (loss.discriminator(real, fake), loss.generator(real, fake)):
            assert value.shape == ()
            assert value.isfinite()
            gradients = torch.autograd.grad(value, [real, fake], allow_unused=True)
            assert all(g.isfinite().all() for g in gradients if g is not None)
