import numpy as np
import pytest
import scipy.special
import torch

from forger.metrics import neighbours
from forger.metrics.evaluator import Evaluator
from forger.metrics.parzen import Parzen, log_likelihood
from forger.metrics.samples import Samples

GRID = np.logspace(-1, 0, 10)


def brute(images, centres, sigma):
    """Log-likelihoods by float64 differences, one image at a time."""
    x, c = (t.flatten(1).double().numpy() / 255 for t in (images, centres))
    exponents = [-((row - c) ** 2).sum(1) / (2 * sigma**2) for row in x]
    means = scipy.special.logsumexp(exponents, 1) - np.log(len(c))
    return means - x.shape[1] * np.log(sigma * np.sqrt(2 * np.pi))


def test_agrees_with_loops(strokes, monkeypatch):
    images, centres = strokes(20, 0), strokes(60, 1)
    monkeypatch.setattr(neighbours, "ENTRIES", 420)
    found = log_likelihood(images, centres, GRID.tolist())
    expected = np.stack([brute(images, centres, sigma) for sigma in GRID])
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_one_centre_is_a_gaussian():
    image = torch.full((1, 1, 2, 2), 255, dtype=torch.uint8)
    expected = 4 * (-(1**2) / (2 * 0.5**2) - np.log(0.5 * np.sqrt(2 * np.pi)))
    assert log_likelihood(image, image * 0, [0.5]).item() == pytest.approx(expected)


def test_far_centres_do_not_underflow():
    white = torch.full((1, 1, 28, 28), 255, dtype=torch.uint8)
    found = log_likelihood(white, white * 0, [0.01]).item()
    assert found == pytest.approx(brute(white, white * 0, 0.01).item())
    assert found < -1e6


def test_the_protocol(strokes):
    evaluator = Evaluator()
    fake, real, train = (Samples(strokes(n, n), evaluator) for n in (100, 50, 10))
    validation = Samples(strokes(60, 5), evaluator)
    scores = Parzen(select=40)(fake, real, train=train, validation=validation)
    means = [brute(validation.images[:40], fake.images, sigma).mean() for sigma in GRID]
    sigma = GRID[int(np.argmax(means))]
    likelihoods = brute(real.images, fake.images, sigma)
    assert scores == {
        "parzen": pytest.approx(likelihoods.mean()),
        "parzen_se": pytest.approx(likelihoods.std() / 50**0.5),
        "parzen_sigma": pytest.approx(sigma),
    }


@pytest.mark.parametrize("sigmas", [[], [0.1, 0.0]])
def test_refuses_widths_that_are_none(sigmas):
    with pytest.raises(ValueError, match="sigmas"):
        Parzen(sigmas=sigmas)
