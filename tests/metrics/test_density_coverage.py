import pytest
import torch

from forger.metrics import neighbours
from forger.metrics.density_coverage import DensityCoverage


@pytest.mark.parametrize("k", [1, 5])
def test_agrees_with_loops(given, measure, monkeypatch, k):
    torch.manual_seed(0)
    fake, real = torch.rand(30, 4) + 0.2, torch.rand(40, 4)
    balls = [sorted((a - b).norm().item() for b in real.double())[k] for a in real.double()]
    inside = [
        [(f - r).norm().item() < ball for f in fake.double()]
        for r, ball in zip(real.double(), balls, strict=True)
    ]
    monkeypatch.setattr(neighbours, "ENTRIES", 280)
    assert measure(DensityCoverage(k), given(fake), given(real)) == {
        "density": pytest.approx(sum(map(sum, inside)) / (k * 30)),
        "coverage": pytest.approx(sum(map(any, inside)) / 40),
    }


def test_equal_distributions(given, measure):
    generator = torch.Generator().manual_seed(0)
    fake, real = torch.randn(2, 2000, 3, generator=generator)
    scores = measure(DensityCoverage(), given(fake), given(real))
    assert scores["density"] == pytest.approx(1, abs=0.05)
    assert scores["coverage"] == pytest.approx(1 - 2**-5, abs=0.01)


def test_one_outlier_among_the_fakes_changes_little(given, measure):
    # what recall gets wrong: its ball of fakes would span everything
    torch.manual_seed(0)
    fake, real = torch.randn(2, 200, 3)
    far = fake.clone()
    far[0] = 1000
    before = measure(DensityCoverage(), given(fake), given(real))
    after = measure(DensityCoverage(), given(far), given(real))
    assert after["density"] == pytest.approx(before["density"], abs=0.05)
    assert after["coverage"] == pytest.approx(before["coverage"], abs=0.05)


def test_far_off_scores_nothing(given, measure):
    scores = measure(DensityCoverage(), given(torch.rand(20, 4) + 9), given(torch.rand(20, 4)))
    assert scores == {"density": 0, "coverage": 0}


def test_refuses_no_neighbours():
    with pytest.raises(ValueError, match=r"k \(=0\)"):
        DensityCoverage(k=0)
