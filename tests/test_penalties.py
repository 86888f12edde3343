from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from forger.penalties import DRAGAN, R1, R2, GradientPenalty, Penalty, gradient_square
from tiny import make_gan, networks, same, train

REAL, FAKE = torch.randn(2, 5, 1, 2, 3, generator=torch.Generator().manual_seed(0))


ALL = [R1(2.0, every=1), R2(2.0, every=1), GradientPenalty(2.0), DRAGAN(2.0, noise=0.5)]


class Plane(nn.Module):
    """D(x) = w x: the same gradient, w, everywhere."""

    def __init__(self, norm: float) -> None:
        super().__init__()
        weight = torch.randn(6)
        self.weight = nn.Parameter(norm * weight / weight.norm())

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weight


class Bowl(nn.Module):
    """D(x) = a |x|^2 / 2: the gradient is a x."""

    def __init__(self, a: float = 1.0) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a))
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach())
        return self.a * x.flatten(1).square().sum(1) / 2


def mean_square(x: Tensor) -> Tensor:
    return x.flatten(1).square().sum(1).mean()


def test_the_gradient_is_taken_at_each_example() -> None:
    square = gradient_square(Bowl(3.0), REAL)
    assert square.shape == (5,)
    torch.testing.assert_close(square, 9 * REAL.flatten(1).square().sum(1))


def test_r1_looks_at_real_and_r2_at_generated_examples() -> None:
    torch.testing.assert_close(R1(4.0, every=1)(Bowl(), REAL, FAKE), 2 * mean_square(REAL))
    torch.testing.assert_close(R2(4.0, every=1)(Bowl(), REAL, FAKE), 2 * mean_square(FAKE))


@pytest.mark.parametrize(("norm", "expected"), [(1.0, 0.0), (3.0, 40.0), (0.5, 2.5)])
def test_the_gradient_penalty_is_0_for_slope_1_alone(norm: float, expected: float) -> None:
    penalty = GradientPenalty(weight=10.0)(Plane(norm), REAL, FAKE)
    assert penalty.item() == pytest.approx(expected, abs=1e-5)


def test_dragan_is_0_for_slope_1_alone_and_looks_around_real_examples() -> None:
    assert DRAGAN(10.0, noise=0.5)(Plane(3.0), REAL, FAKE).item() == pytest.approx(40, abs=1e-4)
    real, bowl = 7 + REAL.repeat(2000, 1, 1, 1), Bowl()
    DRAGAN(1.0, noise=0.5)(bowl, real, FAKE)
    away = bowl.seen[0] - real
    assert away.mean().item() == pytest.approx(0, abs=0.02)
    assert away.std().item() == pytest.approx(0.5 * real.std().item(), rel=0.02)


def test_the_gradient_penalty_looks_between_real_and_generated_examples() -> None:
    bowl = Bowl()
    real, fake = (x.repeat(1000, 1, 1, 1) for x in (REAL, FAKE))
    GradientPenalty(weight=1.0)(bowl, real, fake)
    (between,) = bowl.seen
    shares = (between - real) / (fake - real)
    first = shares.flatten(1)[:, :1]
    torch.testing.assert_close(shares.flatten(1), first.expand(5000, 6), rtol=0, atol=1e-3)
    # Anywhere between, each example at a share of its own.
    even = torch.linspace(0, 1, 5000)
    torch.testing.assert_close(first.flatten().sort().values, even, rtol=0, atol=0.03)


@pytest.mark.parametrize("penalty", ALL)
def test_the_discriminator_learns_from_a_penalty(penalty: Penalty) -> None:
    bowl = Bowl(3.0)
    penalty(bowl, REAL, FAKE).backward()
    assert bowl.a.grad is not None
    assert bowl.a.grad > 0


def test_a_flat_discriminator_has_a_finite_penalty_and_gradient() -> None:
    bowl = Bowl(0.0)
    value = GradientPenalty(weight=2.0)(bowl, REAL, FAKE)
    value.backward()
    assert value.item() == pytest.approx(2, abs=1e-4)
    assert bowl.a.grad is not None
    assert bowl.a.grad.isfinite()


@pytest.mark.parametrize("penalty", ALL)
def test_a_penalty_is_exact_under_autocast(penalty: Penalty) -> None:
    plane = Plane(3.0)
    torch.manual_seed(0)
    exact = penalty(plane, REAL, FAKE)
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = penalty(plane, REAL, FAKE)
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, exact)


@pytest.mark.parametrize("penalty", ALL)
def test_examples_keep_no_gradient(penalty: Penalty) -> None:
    real, fake = REAL.clone(), FAKE.clone()
    penalty(Bowl(), real, fake).backward()
    assert not real.requires_grad
    assert not fake.requires_grad


def test_r1_of_weight_0_is_no_penalty_bit_for_bit(tmp_path: Path) -> None:
    trained = []
    for penalty in ({}, {"r1": R1(gamma=0.0, every=1)}):
        train(tmp_path, gan := make_gan(**networks(dropout=0.0), penalty=penalty), max_steps=3)
        trained.append(gan.state_dict())
    assert same(*trained)
