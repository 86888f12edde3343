import pytest
import torch
from torch import nn
from torchmetrics.image.inception import InceptionScore

from forger.errors import ForgerError
from forger.metrics.score import Score


@pytest.mark.filterwarnings("ignore:std", "ignore:.*save all extracted features")
def test_agrees_with_torchmetrics(given, measure):
    torch.manual_seed(0)
    logits = 3 * torch.randn(200, 10)
    theirs = InceptionScore(feature=nn.Identity(), splits=1)
    theirs.update(logits)
    samples = given(probabilities=logits.softmax(1))
    expected = theirs.compute()[0].item()
    assert measure(Score(splits=1), samples, samples)["is"] == pytest.approx(expected, rel=1e-4)


def test_from_one_to_the_number_of_classes(given, measure):
    certain = given(probabilities=torch.eye(10).repeat(100, 1))
    collapsed = given(probabilities=torch.eye(10)[:1].repeat(100, 1))
    undecided = given(probabilities=torch.full((100, 10), 0.1))
    assert measure(Score(), certain, certain)["is"] == pytest.approx(10, rel=1e-6)
    assert measure(Score(), collapsed, certain)["is"] == pytest.approx(1, rel=1e-6)
    assert measure(Score(), undecided, certain)["is"] == pytest.approx(1, rel=1e-6)


def test_is_the_mean_over_equal_parts_in_their_order(given, measure):
    in_order = given(probabilities=torch.eye(4).repeat_interleave(30, 0))
    for splits, classes in ((1, 4), (2, 2), (4, 1)):
        found = measure(Score(splits), in_order, in_order)["is"]
        assert found == pytest.approx(classes, rel=1e-6)


def test_refuses_more_splits_than_images(given, measure):
    few = given(probabilities=torch.eye(4))
    with pytest.raises(ForgerError, match=r"splits \(=10\)"):
        measure(Score(), few, few)


def test_parts_that_fit_have_as_many_images_as_there_are_classes(given, measure):
    for copies in (1, 3, 30):
        certain = given(probabilities=torch.eye(10).repeat(copies, 1))
        assert measure(Score(None), certain, certain)["is"] == pytest.approx(10, rel=1e-6)
