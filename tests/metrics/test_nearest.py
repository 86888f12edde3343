import pytest
import torch

from forger.metrics import neighbours
from forger.metrics.nearest import Nearest, nearest
from forger.metrics.samples import Samples


def test_agrees_with_all_pairs(strokes, monkeypatch):
    images, train = strokes(9, 0), strokes(50, 1)
    monkeypatch.setattr(neighbours, "ENTRIES", 100)
    index, distance = nearest(images, train)
    differences = (images[:, None].double() - train.double()) / 255
    expected = differences.square().flatten(2).mean(2).sqrt().min(1)
    assert index.equal(expected.indices)
    torch.testing.assert_close(distance, expected.values)


def test_points_are_found_as_by_all_pairs(monkeypatch):
    monkeypatch.setattr(neighbours, "ENTRIES", 300)
    # Far from 0, where float32 errs in the products.
    points, train = torch.randn(9, 3, 4) + 1000, torch.randn(50, 3, 4) + 1000
    points[4] = train[7]
    fake, others = Samples(points, None), Samples(train, None)
    index, distance = nearest(fake.examples, others.examples)
    differences = points[:, None].double() - train.double()
    expected = differences.square().flatten(2).mean(2).sqrt().min(1)
    assert index.equal(expected.indices)
    torch.testing.assert_close(distance, expected.values)
    found = Nearest()(fake, others, train=others, validation=others)
    assert found["nearest"] == pytest.approx(expected.values.mean().item())
    assert found["nearest_real"] == 0


def test_finds_copies(strokes):
    train = strokes(50, 1)
    index, distance = nearest(train[[7, 3, 49]], train)
    assert index.tolist() == [7, 3, 49]
    assert distance.tolist() == [0, 0, 0]


def test_black_and_white_are_one_apart():
    black = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    _, distance = nearest(black, black + 255)
    assert distance.item() == pytest.approx(1)


def test_ratio_tells_copies_from_new_images(evaluator, strokes):
    train = Samples(strokes(200, 0), evaluator)
    real = Samples(strokes(50, 1), evaluator)
    fresh = Samples(strokes(50, 2), evaluator)
    copies = Samples(train.images[:50], evaluator)

    def ratio(fake):
        return Nearest()(fake, real, train=train, validation=real)["nearest_ratio"]

    assert ratio(copies) == 0
    assert ratio(fresh) == pytest.approx(1, abs=0.1)


def test_limit_looks_at_the_first_images_only(evaluator, strokes):
    train, real = Samples(strokes(50, 0), evaluator), Samples(strokes(20, 1), evaluator)
    halved = Samples(real.images[:10], evaluator)
    limited = Nearest(limit=10)(real, real, train=train, validation=real)
    assert limited == Nearest()(halved, halved, train=train, validation=real)
