import pytest
import torch

from forger.data.toys import Gaussian1D


def make(seed: int = 0, size: int = 20_000) -> Gaussian1D:
    data = Gaussian1D(4.0, 1.25, size, shape=[1], batch_size=8, per_iteration=1, seed=seed)
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
