import pytest
import torch

from forger.errors import ForgerError
from forger.metrics.evaluator import Evaluator
from forger.metrics.frechet import Frechet
from forger.metrics.labels import Labels
from forger.metrics.samples import Samples


class Ruler(Evaluator):
    """Sees the class in the first pixel, which the features are full of."""

    def __init__(self) -> None:
        super().__init__((1, 4, 4), classes=3)
        self.head.weight.zero_()
        self.head.weight[:, 0] = torch.tensor([0.0, 10.0, 20.0])
        self.head.bias.copy_(torch.tensor([0.0, -5.0, -20.0]))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        generator = torch.Generator().manual_seed(int(images.sum()))
        noise = torch.randn(len(images), self.num_features, generator=generator) / 100
        return noise + images[:, 0, 0, :1].float()


def samples(classes: list[int], labels: list[int] | None) -> Samples:
    images = torch.zeros(len(classes), 1, 4, 4, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.tensor(classes)
    return Samples(images, Ruler(), None if labels is None else torch.tensor(labels))


def measure(fake: Samples, real: Samples) -> dict[str, float]:
    return Labels()(fake, real, train=real, validation=real)


REAL = [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_the_accuracy_is_the_share_of_what_was_asked_for() -> None:
    real = samples(REAL, REAL)
    assert measure(samples(REAL, REAL), real)["label_accuracy"] == 1
    assert measure(samples(REAL, [0, 0, 0, 1, 1, 1, 0, 1, 2]), real)["label_accuracy"] == 7 / 9


def test_the_distance_is_that_within_each_class() -> None:
    real, fake = samples(REAL, REAL), samples([0, 0, 0, 1, 1, 2, 2, 2], [0, 0, 0, 1, 1, 1, 2, 2])
    values = measure(fake, real)
    assert values["class_fid"] == pytest.approx(
        sum(values[f"class_fid_{label}"] for label in range(3)) / 3
    )
    # A third of what was asked for as 1 is a 2.
    assert values["class_fid_1"] > 10 * max(values["class_fid_0"], values["class_fid_2"])
    ones = Samples(fake.features[3:6], None), Samples(real.features[3:6], None)
    expected = Frechet()(*ones, train=real, validation=real)["fid"]
    assert values["class_fid_1"] == pytest.approx(expected)


def test_without_labels_there_is_nothing_to_measure() -> None:
    with pytest.raises(ForgerError, match="needs labels, of a conditional GAN"):
        measure(samples(REAL, None), samples(REAL, REAL))
    with pytest.raises(ForgerError, match="take more samples"):
        measure(samples([0], [0]), samples(REAL, REAL))
