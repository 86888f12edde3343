"""Trained GANs that come with Forger."""

from pathlib import Path

import pytest
import torch

from forger.config.build import build
from forger.config.classes import choose_class
from forger.config.load import load
from forger.errors import ForgerError
from forger.metrics import evaluator
from forger.metrics.samples import Samples
from forger.runs import zoo
from forger.runs.folder import find_checkpoint
from tiny import MLP_4X4, composed


@pytest.fixture
def tiny_zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo with one GAN, of which the generator makes images of 4 x 4."""
    gan = build(composed(*MLP_4X4, "model.ema_halflife=0"))
    file = tmp_path / "tiny.safetensors"
    zoo.write_trained(file, gan.config, gan.state_dict(), 7, "forger train", {"n": 5})
    monkeypatch.setattr(zoo, "ZOO", tmp_path)
    return file


def test_a_trained_gan_is_read_as_it_was_written(tiny_zoo: Path) -> None:
    gan = build(composed(*MLP_4X4, "model.ema_halflife=0")).eval()
    found = find_checkpoint("zoo:tiny")
    assert found == tiny_zoo
    assert torch.equal(load(found).sample(5, seed=3), gan.sample(5, seed=3))
    assert zoo.read_trained(found)["global_step"] == 7
    assert zoo.about(found)["results"] == {"n": 5}


def test_a_name_that_does_not_come_along_is_answered_by_those_that_do(tiny_zoo: Path) -> None:
    with pytest.raises(ForgerError, match=r"^zoo:big does not come with Forger: .* zoo:tiny$"):
        find_checkpoint("zoo:big")


def test_changed_weights_are_refused(tiny_zoo: Path) -> None:
    content = bytearray(tiny_zoo.read_bytes())
    content[-1] ^= 1
    tiny_zoo.write_bytes(content)
    with pytest.raises(ForgerError, match=r"does not match tiny.json: install Forger again$"):
        find_checkpoint("zoo:tiny")


@pytest.mark.parametrize("name", zoo.names())
def test_what_comes_along_is_small_and_makes_images(name: str) -> None:
    file = find_checkpoint(f"zoo:{name}")
    assert file.stat().st_size < 2e6
    assert load(file).sample(3, seed=0).shape == (3, 1, 28, 28)
    assert zoo.read_trained(file)["config"]["data"]["licence"]  # for the model card
    results = zoo.about(file)["results"]
    assert results["real"]["fid"] < results["samples"]["fid"]["mean"] < 4
    assert "checkpoint" not in results


def test_clothing_has_names_and_a_digit_is_its_number() -> None:
    for name, label, number in (("fashion_mnist", "Coat", 4), ("mnist", 3, 3)):
        gan = load(find_checkpoint(f"zoo:{name}"))
        for given in (label, number):
            choose_class(gan, given)
            assert gan.label == number


@pytest.mark.parametrize("name", ["mnist", "infogan"])
def test_a_classifier_is_rarely_in_doubt_about_a_digit_of_the_zoo(name: str) -> None:
    images = load(find_checkpoint(f"zoo:{name}")).sample(200, seed=0)
    digits = Samples(images, evaluator.load(evaluator.find("mnist", Path())))
    sure = digits.probabilities.max(1).values > 0.9
    assert sure.double().mean() > 0.75


def test_the_digits_of_zoo_mnist_are_of_the_class_asked_for() -> None:
    gan = load(find_checkpoint("zoo:mnist"))
    classifier = evaluator.load(evaluator.find("mnist", Path()))
    digits = Samples(gan.sample(200, seed=0), classifier).probabilities.argmax(1)
    assert (digits == torch.arange(200) % 10).double().mean() > 0.95
