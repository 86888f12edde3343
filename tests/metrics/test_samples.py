import pytest
import torch

from forger.errors import ForgerError
from forger.metrics.samples import Samples


def test_features_and_probabilities_are_plain_tensors(evaluator, strokes):
    samples = Samples(strokes(30, 0), evaluator)
    assert len(samples) == 30
    assert samples.features.shape == (30, evaluator.num_features)
    assert samples.probabilities.shape == (30, 10)
    assert samples.features.dtype == samples.probabilities.dtype == torch.float32
    assert not samples.features.requires_grad
    assert not samples.probabilities.requires_grad
    torch.testing.assert_close(samples.probabilities.sum(1), torch.ones(30))


def test_probabilities_are_those_of_the_evaluators_logits(evaluator, strokes):
    images = strokes(30, 0)
    expected = evaluator(images).softmax(1)
    torch.testing.assert_close(Samples(images, evaluator, 7).probabilities, expected)


def test_computed_once(evaluator, strokes):
    samples = Samples(strokes(3, 0), evaluator)
    assert samples.features is samples.features
    assert samples.probabilities is samples.probabilities


def test_batch_size_does_not_matter(evaluator, strokes):
    images = strokes(50, 0)
    one, many = Samples(images, evaluator, 1), Samples(images, evaluator, 50)
    torch.testing.assert_close(one.features, many.features)


@pytest.mark.parametrize(
    "images",
    [
        torch.rand(5, 1, 28, 28),
        torch.zeros(5, 28, 28, dtype=torch.uint8),
        torch.zeros(0, 1, 28, 28, dtype=torch.uint8),
    ],
)
def test_refuses_what_is_not_a_batch_of_bytes(evaluator, images):
    with pytest.raises(ForgerError, match="uint8"):
        Samples(images, evaluator)
