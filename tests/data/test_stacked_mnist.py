from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional
from torchvision import datasets

from forger.data.mnist import MNIST
from forger.data.stacked_mnist import StackedMNIST
from forger.metrics import evaluator
from forger.metrics.classes import Classes
from forger.metrics.samples import Samples

SETTINGS: dict[str, Any] = {
    "dataset": datasets.MNIST,
    "root": Path(),
    "validation_size": 10_000,
    "batch_size": 8,
    "evaluator": "mnist",
    "classes": None,
}


def make(triples: int, held_out: int, seed: int = 0, channels: int = 3, **settings: Any):
    shape = [channels, 28, 28]
    counts = {"triples": triples, "held_out": held_out}
    data = StackedMNIST(**counts, shape=shape, seed=seed, **(SETTINGS | settings))
    data.setup()
    return data


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> MNIST:
    data = MNIST(shape=[1, 28, 28], seed=0, **SETTINGS)
    data.setup()
    return data


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_each_channel_is_a_digit_of_the_same_split_and_the_label_its_number(
    digits: MNIST, split: str
) -> None:
    images, labels = make(40, 30).splits[split]
    assert images.shape == (40 if split == "train" else 30, 3, 28, 28)
    assert images.dtype == torch.uint8
    source = digits.splits[split]
    known = {bytes(i.numpy()): int(n) for i, n in zip(*source, strict=True)}
    for image, label in zip(images, labels, strict=True):
        a, b, c = (known[bytes(channel.numpy())] for channel in image)
        assert int(label) == 100 * a + 10 * b + c


def test_triples_are_a_function_of_the_seed() -> None:
    one, again, other = (make(40, 1, seed).checksum for seed in (0, 0, 1))
    assert one == again != other


def test_four_channels_are_ten_thousand_modes() -> None:
    labels = make(5000, 1, channels=4).splits["train"].labels
    assert 9000 < labels.max() < 10_000


def test_without_validation_digits_there_are_no_triples_of_them() -> None:
    assert len(make(8, 5, validation_size=0).splits["validation"].examples) == 0


def test_real_triples_score_the_published_floor() -> None:
    """By their own labels, which the evaluator reads: see the next test."""
    images, labels = make(26_000, 1).splits["train"]
    real = Samples(images, None)
    real.probabilities = functional.one_hot(labels, 1000)
    scores = Classes("uniform")(real, real, train=real, validation=real)
    assert scores["modes"] == 1000
    assert scores["class_kl"] == pytest.approx(0.0232, abs=0.003)


@pytest.mark.slow
def test_the_evaluator_reads_the_number_of_a_triple(tmp_path: Path) -> None:
    images, labels = make(2000, 1).splits["train"]
    real = Samples(images, evaluator.load(evaluator.find("mnist", tmp_path)))
    assert (real.probabilities.argmax(1) == labels).double().mean() > 0.97
