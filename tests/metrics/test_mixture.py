from math import exp, inf, isnan, log

import pytest
import torch

from forger.metrics.mixture import Mixture
from forger.metrics.samples import Samples

CENTRES = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]]


def points(*rows: tuple[float, float]) -> Samples:
    return Samples(torch.tensor(rows, dtype=torch.float32), None)


def draw(n: int, std: float, centres: list[list[float]], d: int = 2) -> Samples:
    generator = torch.Generator().manual_seed(0)
    chosen = torch.tensor(centres)[torch.randint(len(centres), (n,), generator=generator)]
    return Samples(chosen + std * torch.randn(n, d, generator=generator), None)


def test_the_mixtures_own_points_score_full(measure):
    fake = draw(100_000, 0.5, CENTRES)
    scores = measure(Mixture(CENTRES, 0.5), fake, fake)
    assert scores["modes"] == 4
    assert scores["missing"] == 0
    assert scores["high_quality"] == pytest.approx(1 - exp(-4.5), abs=1e-3)
    assert scores["mode_kl"] == pytest.approx(0, abs=1e-4)
    assert scores["spread"] == pytest.approx(1, abs=5e-3)


@pytest.mark.parametrize("d", [1, 3])
def test_the_cut_is_made_up_for_in_any_dimension(measure, d):
    fake = draw(100_000, 0.5, [[0.0] * d], d)
    assert measure(Mixture([[0.0] * d], 0.5), fake, fake)["spread"] == pytest.approx(1, abs=1e-2)


def test_shrunken_modes_show_in_spread_alone(measure):
    fake = draw(10_000, 0.1, CENTRES)
    scores = measure(Mixture(CENTRES, 0.5), fake, fake)
    assert scores["high_quality"] == 1
    assert scores["spread"] == pytest.approx(0.2 / 0.97439, abs=5e-3)


def test_only_points_within_three_deviations_count(measure):
    fake = points((2.9, 0), (0, 3.1), (10, 0), (10, 1), (5, 5))
    scores = measure(Mixture(CENTRES, 1.0), fake, fake)
    assert scores["high_quality"] == pytest.approx(3 / 5)
    assert scores["modes"] == scores["missing"] == 2
    third = 1 / 3
    expected = third * log(4 * third) + 2 * third * log(8 * third)
    assert scores["mode_kl"] == pytest.approx(expected)


def test_without_a_good_point_there_is_no_mode(measure):
    fake = points((5, 5), (50, 50))
    scores = measure(Mixture(CENTRES, 1.0), fake, fake)
    # The width of nothing is no number.
    assert isnan(scores.pop("spread"))
    assert scores == {"modes": 0, "missing": 4, "high_quality": 0, "mode_kl": inf}
