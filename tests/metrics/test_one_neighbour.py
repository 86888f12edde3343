import pytest
import torch

from forger.metrics.one_neighbour import OneNeighbour


def test_agrees_with_loops(given, measure):
    fake, real = torch.randn(30, 3), torch.randn(40, 3) + 0.5
    values = measure(OneNeighbour(), given(fake), given(real))
    points = torch.cat([fake, real[:30]]).double()
    right = []
    for i, point in enumerate(points):
        distances = (points - point).norm(dim=1)
        distances[i] = torch.inf
        right.append((int(distances.argmin()) < 30) == (i < 30))
    assert values["one_nn"] == pytest.approx(sum(right) / 60)
    assert values["one_nn_fake"] == pytest.approx(sum(right[:30]) / 30)
    assert values["one_nn_real"] == pytest.approx(sum(right[30:]) / 30)


def test_one_half_where_nobody_can_tell(given, measure):
    fake, real = torch.randn(2, 1500, 3)
    assert measure(OneNeighbour(), given(fake), given(real))["one_nn"] == pytest.approx(
        0.5, abs=0.04
    )


def test_sets_that_lie_apart_are_told_and_copies_are_mistaken(given, measure):
    real = torch.randn(50, 3)
    assert measure(OneNeighbour(), given(real + 100), given(real))["one_nn"] == 1
    assert measure(OneNeighbour(), given(real.clone()), given(real))["one_nn"] == 0
