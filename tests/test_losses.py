import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from forger.losses import (
    Hinge,
    LeastSquares,
    Loss,
    Minimax,
    NonSaturating,
    Relativistic,
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
    }
    for loss, (discriminator, generator) in expected.items():
        assert loss.discriminator(real, fake).item() == pytest.approx(discriminator)
        assert loss.generator(real, fake).item() == pytest.approx(generator)


LOSSES: list[Loss] = [
    Minimax(), NonSaturating(), LeastSquares(), Wasserstein(), Hinge(), Relativistic()
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
