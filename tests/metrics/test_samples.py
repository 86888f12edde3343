import pytest
import torch

from forger.errors import ForgerError
from forger.metrics.frechet import Frechet
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
    torch.testing.assert_close(Samples(images, evaluator, batch_size=7).probabilities, expected)


def test_computed_once(evaluator, strokes):
    samples = Samples(strokes(3, 0), evaluator)
    assert samples.features is samples.features
    assert samples.probabilities is samples.probabilities


def test_batch_size_does_not_matter(evaluator, strokes):
    images = strokes(50, 0)
    one, many = (Samples(images, evaluator, batch_size=size) for size in (1, 50))
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


def test_points_are_their_own_features():
    points = torch.randn(5, 2)
    samples = Samples(points, None)
    assert torch.equal(samples.features, points)
    signals = torch.randn(5, 2, 40)
    assert torch.equal(Samples(signals, None).features, signals.flatten(1))
    assert torch.equal(samples.features_of(signals), signals.flatten(1))
    with pytest.raises(ForgerError, match="evaluator"):
        _ = samples.probabilities
    with pytest.raises(ForgerError, match="points"):
        _ = samples.images


def test_the_frechet_distance_of_points_is_that_of_their_gaussians(measure):
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(5000, 2, generator=generator)
    real = (real - real.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(real.T.cov())).T
    fake = 2 * real + torch.tensor([3.0, 0.0])
    distance = measure(Frechet(), Samples(fake, None), Samples(real, None))["fid"]
    assert distance == pytest.approx(9 + 2 * (2 - 1) ** 2, rel=1e-3)


def test_images_without_an_evaluator_have_pixels_only():
    samples = Samples(torch.zeros(2, 3, 4, 4, dtype=torch.uint8), None)
    assert samples.images.shape == (2, 3, 4, 4)
    with pytest.raises(ForgerError, match=r"data\.evaluator"):
        _ = samples.features


def test_a_grey_evaluator_sees_each_channel_by_itself(evaluator, strokes):
    digits = [Samples(strokes(6, seed), evaluator) for seed in range(3)]
    stacked = Samples(torch.cat([d.images for d in digits], 1), evaluator, batch_size=4)
    expected = torch.cat([d.features for d in digits], 1)
    torch.testing.assert_close(stacked.features, expected)
    joint = stacked.probabilities
    assert (joint.shape, joint.dtype) == ((6, 1000), torch.float32)
    torch.testing.assert_close(joint.sum(1), torch.ones(6))
    a, b, c = (d.probabilities for d in digits)
    torch.testing.assert_close(joint[:, 472], a[:, 4] * b[:, 7] * c[:, 2])
