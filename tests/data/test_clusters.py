"""Groups of like examples are what they should be, and come out the same each time."""

import pytest
import torch

from forger.data.clusters import cluster
from forger.data.minibatches import Split
from forger.errors import ForgerError
from tiny import Images


def unlabelled(examples: torch.Tensor) -> Split:
    return Split(examples, torch.zeros(len(examples), dtype=torch.int64))


def test_groups_that_lie_apart_are_found_whatever_the_order_and_the_split() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = torch.arange(4).repeat(50)
    centres = torch.tensor([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0], [0.0, 5.0, 0.0], [9.0, 5.0, 1.0]])
    points = centres[truth] + 0.1 * torch.randn(200, 3, generator=generator)
    splits = {"train": unlabelled(points[:100]), "validation": unlabelled(points[100:])}
    found = cluster(splits, 4)
    assert found["train"].examples.equal(points[:100])
    labels = torch.cat([found["train"].labels, found["validation"].labels])
    pairs = set(zip(truth.tolist(), labels.tolist(), strict=True))
    assert len(pairs) == 4
    assert {label for _, label in pairs} == {0, 1, 2, 3}


def test_groups_are_of_one_size_and_the_same_each_time_and_no_random_number_is_used() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (96, 1, 6, 6), generator=generator, dtype=torch.uint8)
    splits = {"train": unlabelled(images), "test": unlabelled(images[:0])}
    state = torch.get_rng_state()
    first, second = cluster(splits, 32), cluster(splits, 32)
    assert torch.get_rng_state().equal(state)
    assert first["train"].labels.bincount().tolist() == [3] * 32
    assert first["train"].labels.equal(second["train"].labels)
    assert len(first["test"].labels) == 0


def test_a_data_set_takes_clusters_for_its_classes() -> None:
    data = Images(size=48, classes=4, clusters=4)
    data.setup()
    assert data.splits["train"].labels.bincount().tolist() == [12] * 4
    assert data.class_names is None


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"clusters": 3, "classes": 3}, r"data.clusters \(=3\) must be 2, 4, 8, 16, "),
        ({"clusters": 1, "classes": 1}, r"data.clusters \(=1\) must be 2, 4, 8, 16, "),
        ({"clusters": 8, "classes": 10}, "data.clusters makes 8 classes: give data.classes=8"),
        ({"clusters": 64, "classes": 64}, r"data.clusters \(=64\) must be at most 48"),
    ],
)
def test_clusters_that_cannot_be_are_refused(settings: dict[str, int], sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        Images(size=48, **settings).setup()
