import pytest
import torch

from forger.errors import ForgerError
from forger.metrics.kernel import Kernel


def test_agrees_with_the_sum_over_pairs(given, measure):
    torch.manual_seed(0)
    fake, real = torch.rand(12, 5).double() + 0.5, torch.rand(12, 5).double()

    def kernel(a, b):
        return float((a @ b / 5 + 1) ** 3)

    pairs = [(i, j) for i in range(12) for j in range(12)]
    within = sum(kernel(x[i], x[j]) for x in (fake, real) for i, j in pairs if i != j) / (12 * 11)
    across = sum(kernel(fake[i], real[j]) for i, j in pairs) / 144
    kid = measure(Kernel(subsets=1, subset_size=12), given(fake), given(real))["kid"]
    assert kid == pytest.approx(within - 2 * across, rel=1e-5)


def test_unbiased(given, measure):
    generator = torch.Generator().manual_seed(0)
    fake, real = torch.randn(2, 2000, 4, generator=generator)
    kid = measure(Kernel(subset_size=100), given(fake), given(real))["kid"]
    moved = measure(Kernel(subset_size=100), given(fake + 0.5), given(real))["kid"]
    assert abs(kid) < 0.02 * moved


def test_subsets_follow_the_seed(given, measure):
    fake, real = given(torch.rand(100, 4)), given(torch.rand(100, 4))

    def kid(seed):
        return measure(Kernel(5, 50, seed), fake, real)["kid"]

    assert kid(0) == kid(0) != kid(1)


def test_refuses_subsets_larger_than_the_set(given, measure):
    with pytest.raises(ForgerError, match=r"subset_size \(=1000\).*10 fake and 20 real"):
        measure(Kernel(), given(torch.rand(10, 4)), given(torch.rand(20, 4)))


def test_one_image_has_no_distance(given, measure):
    few, many = given(torch.rand(1, 5)), given(torch.rand(20, 5))
    for kernel, fake in ((Kernel(subset_size=None), few), (Kernel(subset_size=1), many)):
        with pytest.raises(ForgerError, match=r"subset_size \(=1\) must be at least 2"):
            measure(kernel, fake, many)


def test_subsets_that_fit_are_as_large_as_the_set(given, measure):
    fake, real = given(torch.rand(10, 4)), given(torch.rand(20, 4))
    fitting, ten = (measure(Kernel(5, size), fake, real)["kid"] for size in (None, 10))
    assert fitting == ten


@pytest.mark.parametrize("name", ["subsets", "subset_size"])
def test_refuses_none(name):
    with pytest.raises(ValueError, match=rf"{name} \(=0\)"):
        Kernel(**{name: 0})
