import pytest
import torch

from forger.errors import ForgerError
from forger.metrics.evaluator import Evaluator
from forger.metrics.gan_train import GanTrain
from forger.metrics.samples import Samples


def squares(n: int, swapped: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """Images that are bright above (class 0) or below (class 1)."""
    labels = torch.arange(n) % 2
    images = torch.randint(60, (n, 1, 8, 8), dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 4 * label : 4 * label + 4] += 180
    return images, 1 - labels if swapped else labels


@pytest.mark.parametrize("swapped", [False, True])
def test_real_images_are_classified_as_the_fakes_teach(swapped):
    classifier = Evaluator((1, 8, 8), 2)
    (fakes, asked), (reals, labels) = squares(400, swapped), squares(100)
    fake, real = Samples(fakes, classifier, asked), Samples(reals, classifier, labels)
    fake.probabilities = torch.eye(2)[squares(400)[1]]
    values = GanTrain(epochs=6, seed=0)(fake, real, train=real, validation=real)
    assert values["gan_train"] == pytest.approx(0 if swapped else 1, abs=0.1)
    assert values["gan_test"] == (0 if swapped else 1)


def test_refuses_samples_without_labels(given, measure):
    with pytest.raises(ForgerError, match="conditional GAN"):
        measure(GanTrain(1, 0), given(torch.rand(4, 64)), given(torch.rand(4, 64)))
