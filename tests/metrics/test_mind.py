import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from forger.errors import ForgerError
from forger.metrics.mind import Mind


def test_a_shift_of_all_features_is_known(given, measure):
    # Along a unit vector u both sets differ by u . s, whose mean square is |s|^2 / d.
    real = torch.randn(500, 6)
    shift = torch.tensor([3.0, 0, -1, 0, 2, 0])
    mind = measure(Mind(20_000, 0), given(real + shift), given(real))["mind"]
    assert mind == pytest.approx(3 * 14, rel=0.03)


def test_one_feature_is_the_distance_of_its_quantiles(given, measure):
    fake, real = torch.randn(300, 1), torch.rand(300, 1)
    mind = measure(Mind(5, 0), given(fake), given(real))["mind"]
    ordered = [np.sort(some[:, 0].double().numpy()) for some in (fake, real)]
    assert mind == pytest.approx(3 * ((ordered[0] - ordered[1]) ** 2).mean())
    assert mind >= 3 * wasserstein_distance(*ordered) ** 2


def test_equal_sets_are_at_no_distance_in_any_order(given, measure):
    real = torch.rand(100, 4)
    assert measure(Mind(50, 0), given(real.flip(0)), given(real))["mind"] == pytest.approx(0)


def test_of_the_larger_set_a_part_is_taken(given, measure):
    fake, real = torch.randn(400, 4), torch.randn(100, 4)
    assert 0 < measure(Mind(50, 0), given(fake), given(real))["mind"] < 1


def test_refuses_no_directions():
    with pytest.raises(ForgerError, match=r"directions \(=0\)"):
        Mind(0, 0)
