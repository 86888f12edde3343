import pytest
import torch

from forger.metrics import neighbours
from forger.metrics.precision_recall import PrecisionRecall


def covered(points, centres, k):
    """The share of points in at least one centre's ball, by loops."""
    balls = [sorted((a - b).norm().item() for b in centres)[k] for a in centres]
    hits = [
        any((p - c).norm().item() <= r for c, r in zip(centres, balls, strict=True)) for p in points
    ]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("k", [1, 3])
def test_agrees_with_loops(given, measure, monkeypatch, k):
    torch.manual_seed(0)
    fake, real = torch.rand(30, 4) + 0.2, torch.rand(40, 4)
    monkeypatch.setattr(neighbours, "ENTRIES", 280)
    assert measure(PrecisionRecall(k), given(fake), given(real)) == {
        "precision": pytest.approx(covered(fake.double(), real.double(), k)),
        "recall": pytest.approx(covered(real.double(), fake.double(), k)),
    }


def test_one_against_itself(given, measure):
    samples = given(torch.rand(50, 8))
    assert measure(PrecisionRecall(), samples, samples) == {"precision": 1, "recall": 1}


def test_collapse_keeps_precision_and_loses_recall(given, measure):
    real = torch.rand(100, 8)
    collapsed = real[:1] + 1e-4 * torch.rand(100, 8)
    scores = measure(PrecisionRecall(), given(collapsed), given(real))
    assert scores["precision"] == 1
    assert scores["recall"] <= 0.01


def test_far_off_scores_nothing(given, measure):
    scores = measure(PrecisionRecall(), given(torch.rand(20, 4) + 9), given(torch.rand(20, 4)))
    assert scores == {"precision": 0, "recall": 0}


def test_refuses_no_neighbours():
    with pytest.raises(ValueError, match=r"k \(=0\)"):
        PrecisionRecall(k=0)
