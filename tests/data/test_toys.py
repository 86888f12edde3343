import math

import pytest
import torch

from forger.data.toys import Gaussian1D, Mixture, SwissRoll, grid, ring
from forger.errors import ForgerError


def make(seed: int = 0, size: int = 20_000) -> Gaussian1D:
    data = Gaussian1D(mean=4.0, std=1.25, size=size, shape=[1], batch_size=8, seed=seed)
    data.setup()
    return data


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_each_split_has_the_stated_mean_and_deviation(split: str) -> None:
    points = make().splits[split].examples
    assert points.shape == (20_000, 1)
    assert points.dtype == torch.float32
    assert points.mean().item() == pytest.approx(4, abs=0.04)
    assert points.std().item() == pytest.approx(1.25, abs=0.03)


def test_splits_have_no_point_in_common() -> None:
    splits = make(size=500).splits
    points = torch.cat([split.examples for split in splits.values()])
    assert len(points.unique()) == 1500


def test_points_are_a_function_of_the_seed() -> None:
    one, again, other = (make(seed, size=50).splits["train"].examples for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_a_ring_of_eight_has_eight_modes_evenly_apart() -> None:
    centres = torch.tensor(ring(8, 2.0))
    assert torch.allclose(centres.norm(dim=1), torch.tensor(2.0))
    assert centres[0].tolist() == [2, 0]
    gaps = (centres - centres.roll(-1, 0)).norm(dim=1)
    assert torch.allclose(gaps, torch.tensor(4 * math.sin(math.pi / 8)))


def test_a_grid_of_five_lies_on_even_numbers() -> None:
    places = {-4.0, -2.0, 0.0, 2.0, 4.0}
    centres = grid(5, 2.0)
    assert len(centres) == 25
    assert {tuple(centre) for centre in centres} == {(x, y) for x in places for y in places}


def test_a_mixture_has_equal_gaussians_at_its_centres_with_their_labels() -> None:
    centres = ring(4, 1.0)
    data = Mixture(centres=centres, std=0.1, size=20_000, shape=[2], batch_size=8, seed=0)
    data.setup()
    points, labels = data.splits["train"]
    assert (points.dtype, points.shape) == (torch.float32, (20_000, 2))
    for mode, centre in enumerate(centres):
        members = points[labels == mode]
        assert len(members) == pytest.approx(5000, abs=300)
        assert members.mean(0).tolist() == pytest.approx(centre, abs=0.01)
        covariance = members.T.cov().flatten().tolist()
        assert covariance == pytest.approx([0.01, 0, 0, 0.01], abs=1e-3)


def test_a_swiss_roll_without_noise_lies_on_its_spiral() -> None:
    data = SwissRoll(noise=0.0, size=1000, shape=[2], batch_size=8, seed=0)
    data.setup()
    points = data.splits["train"].examples
    radius = points.norm(dim=1)
    assert radius.min() == pytest.approx(1 / 3, abs=0.01)
    assert radius.max() == pytest.approx(1, abs=0.01)
    turns = radius * 4.5 * math.pi
    assert torch.allclose(
        points, radius[:, None] * torch.stack([turns.cos(), turns.sin()], 1), atol=1e-4
    )


def test_noise_moves_the_swiss_rolls_points_by_its_deviation() -> None:
    clean, noisy = (
        SwissRoll(noise=noise, size=5000, shape=[2], batch_size=8, seed=0) for noise in (0.0, 0.1)
    )
    clean.setup()
    noisy.setup()
    moved = noisy.splits["test"].examples - clean.splits["test"].examples
    assert moved.std(0).tolist() == pytest.approx([0.1, 0.1], rel=0.05)


def test_data_beyond_memory_are_refused_before_they_are_drawn() -> None:
    with pytest.raises(ForgerError, match=r"^data\.size \(=1000000000000\) would take .* GB"):
        Gaussian1D(mean=0.0, std=1.0, size=10**12, shape=[1], batch_size=4, seed=0)
    for count in (10**9, 10**18):
        with pytest.raises(ForgerError, match=r"modes: give at most 1,000,000"):
            ring(count, 1.0)
        with pytest.raises(ForgerError, match=r"modes: give at most 1,000,000"):
            grid(count, 1.0)
