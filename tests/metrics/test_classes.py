from math import inf, log

import pytest
import torch

from forger.metrics.classes import Classes, histogram


@pytest.fixture
def labelled(given):
    return lambda *labels: given(probabilities=torch.eye(4)[list(labels)])


def test_histogram_counts_every_class(labelled):
    assert histogram(labelled(0, 2, 2)).tolist() == [1, 0, 2, 0]


def test_modes_and_divergence(labelled, measure):
    scores = measure(Classes(), labelled(0, 0, 0, 1), labelled(0, 1, 2, 3))
    assert scores["modes"] == scores["missing"] == 2
    assert scores["class_kl"] == pytest.approx(0.75 * log(0.75 / 0.25) + 0.25 * log(0.25 / 0.25))


def test_equal_shares_diverge_by_nothing(labelled, measure):
    divergence = measure(Classes(), labelled(0, 0, 1, 1), labelled(1, 0))["class_kl"]
    assert divergence == pytest.approx(0, abs=1e-12)


def test_a_class_without_real_images_is_infinitely_far(labelled, measure):
    assert measure(Classes(), labelled(0, 3), labelled(0, 1))["class_kl"] == inf


def test_equal_shares_may_be_what_is_asked_for(labelled, measure):
    skewed = labelled(0, 0, 0, 1)
    assert measure(Classes("real"), skewed, skewed)["class_kl"] == pytest.approx(0, abs=1e-12)
    divergence = measure(Classes("uniform"), skewed, skewed)["class_kl"]
    assert divergence == pytest.approx(0.75 * log(0.75 / 0.25) + 0.25 * log(0.25 / 0.25))
