import numpy as np
import pytest
import scipy.linalg
import torch

from forger.errors import ForgerError
from forger.metrics.frechet import Frechet


def test_agrees_with_the_matrix_square_root(given, measure):
    torch.manual_seed(0)
    fake = torch.rand(300, 8) @ torch.rand(8, 8)
    real = torch.rand(200, 8) @ torch.rand(8, 8) + 0.3
    a, b = fake.double().numpy(), real.double().numpy()
    covariance_a, covariance_b = np.cov(a.T), np.cov(b.T)
    root = np.real(scipy.linalg.sqrtm(covariance_a @ covariance_b))
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum()
    expected += np.trace(covariance_a + covariance_b - 2 * root)
    assert measure(Frechet(), given(fake), given(real))["fid"] == pytest.approx(expected, rel=1e-6)


def test_two_round_gaussians(given, measure):
    torch.manual_seed(0)
    x = torch.randn(500, 4, dtype=torch.float64)
    x -= x.mean(0)
    x = torch.linalg.solve_triangular(torch.linalg.cholesky(x.T.cov()), x.T, upper=False).T
    # N(0, I) against N(2, 9 I) in 4 dimensions: 4 * 2^2 + 4 * (3 - 1)^2
    assert measure(Frechet(), given(3 * x + 2), given(x))["fid"] == pytest.approx(32, rel=1e-5)


def test_zero_against_itself(given, measure):
    features = torch.rand(100, 16)
    assert measure(Frechet(), given(features), given(features))["fid"] == pytest.approx(0, abs=1e-6)


def test_refuses_a_single_image(given, measure):
    with pytest.raises(ForgerError, match="at least 2"):
        measure(Frechet(), given(torch.rand(1, 4)), given(torch.rand(5, 4)))
