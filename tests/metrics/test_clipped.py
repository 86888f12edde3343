import numpy as np
import pytest
import torch

from forger.errors import ForgerError
from forger.metrics.clipped import Clipped, expected_coverage


def brute(fake, real, k):
    """Both numbers by loops over all pairs, before coverage is calibrated."""
    across = (fake.double()[:, None] - real.double()).norm(dim=2).numpy()
    within = (real.double()[:, None] - real.double()).norm(dim=2).numpy()
    radius = np.sort(within, 1)[:, k]
    cut = np.minimum(radius, np.median(radius))
    fakes = np.mean([min((row <= cut).sum(), k) for row in across])
    np.fill_diagonal(within, np.inf)
    reals = np.mean([min((row <= cut).sum(), k) for row in within])
    held = np.mean([min((across[:, j] < radius[j]).sum(), k) for j in range(len(real))])
    return min(fakes / reals, 1), held / k


def test_agrees_with_loops(given, measure):
    fake, real = 0.8 * torch.randn(60, 3), torch.randn(50, 3)
    values = measure(Clipped(4), given(fake), given(real))
    density, coverage = brute(fake, real, 4)
    assert values["clipped_density"] == pytest.approx(density)
    expected = expected_coverage(4, 50, 60)
    index = round(values["clipped_coverage"] * 61)
    assert expected[index - 1] < coverage <= expected[index]


def test_expected_coverage_is_that_of_chance():
    # One axis is enough: where images fall among each other does not depend on their distribution.
    generator = torch.Generator().manual_seed(0)
    counts = []
    for _ in range(3000):
        uniform = torch.rand(19 + 12, generator=generator)
        # Distances from one real image to the 19 others, and to 12 fakes.
        radius = uniform[:19].sort().values[2]
        counts.append(min(int((uniform[19:] < radius).sum()), 3) / 3)
    expected = expected_coverage(3, 20, 12)
    assert expected[0] == pytest.approx(0)
    assert (expected.diff() > 0).all()
    assert expected[12].item() == pytest.approx(np.mean(counts), abs=0.02)


def test_the_share_of_good_fakes_is_what_both_say(given, measure):
    generator = torch.Generator().manual_seed(0)
    good, real = torch.randn(2, 2000, 4, generator=generator)
    fake = good.clone()
    fake[:800] = 100 + torch.arange(800.0)[:, None]
    values = measure(Clipped(5), given(fake), given(real))
    assert values["clipped_density"] == pytest.approx(0.6, abs=0.05)
    assert values["clipped_coverage"] == pytest.approx(0.6, abs=0.05)


def test_refuses_none():
    with pytest.raises(ForgerError, match=r"k \(=0\)"):
        Clipped(0)
