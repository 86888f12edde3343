import json
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig, open_dict
from PIL import Image

from forger.data.minibatches import Split
from forger.data.mnist import MNIST
from forger.errors import ForgerError
from forger.metrics.evaluator import load
from forger.verbs import train_evaluator
from tiny import composed


def test_the_verb_keeps_weights_that_load_with_what_is_known_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = MNIST.load
    monkeypatch.setattr(
        MNIST,
        "load",
        lambda self: {n: Split(s[0][:256], s[1][:256]) for n, s in whole(self).items()},
    )
    out = tmp_path / "mine.safetensors"
    before = torch.get_rng_state()
    train_evaluator.run(composed(f"out={out}", "epochs=2", "seed=3", verb="train-evaluator"))
    assert torch.equal(before, torch.get_rng_state())
    facts = json.loads(out.with_suffix(".json").read_text())
    assert (facts["seed"], facts["epochs"], facts["data"]) == ("3", "2", "mnist")
    assert 0 <= float(facts["accuracy"]) <= 1
    assert load(out).sha256 == facts["sha256"]


def test_there_are_as_many_classes_as_in_the_data_and_all_labelled_images_teach(
    tmp_path: Path,
) -> None:
    for i in range(24):
        file = tmp_path / "pictures" / "abc"[i % 3] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (28, 28), i * 10).save(file)
    out = tmp_path / "mine.safetensors"
    settings = [f"data.folder={tmp_path / 'pictures'}", f"data.root={tmp_path}", "epochs=1"]
    chosen = ["data=image_folder", "data.shape=[1,28,28]", "data.evaluator=mine"]
    chosen += ["data.batch_size=4"]
    config = composed(*chosen, *settings, f"out={out}", verb="train-evaluator")
    train_evaluator.run(config)
    assert load(out).head.out_features == 3


def pictures(folder: Path, brightness: dict[str, int]) -> DictConfig:
    """Settings for an evaluator of images of these classes, each of one brightness."""
    for name, value in brightness.items():
        for i in range(80):
            file = folder / "pictures" / name / f"{i}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8), value + i % 4).save(file)
    settings = [f"data.folder={folder / 'pictures'}", f"data.root={folder}", "data.batch_size=4"]
    chosen = ["data=image_folder", "data.shape=[1,8,8]", "data.evaluator=mine", "shift=0"]
    return composed(*chosen, *settings, f"out={folder}/mine.safetensors", verb="train-evaluator")


@pytest.mark.parametrize(("other", "is_chance"), [(40, True), (240, False)])
def test_an_accuracy_at_chance_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: int, is_chance: bool
) -> None:
    config = pictures(tmp_path, {"a": 40, "b": other})
    config.epochs = 2
    config.batch_size = 16
    train_evaluator.run(config)
    assert ("caution  this is no better than chance" in capsys.readouterr().out) == is_chance


def test_weights_that_left_all_numbers_are_not_written(tmp_path: Path) -> None:
    config = pictures(tmp_path, {"a": 0, "b": 255})
    config.learning_rate = 1e30
    with pytest.raises(ForgerError, match=r"lower learning_rate \(=1e\+30\)"):
        train_evaluator.run(config)
    assert not (tmp_path / "mine.safetensors").exists()


@pytest.mark.parametrize(
    ("greys", "evaluator", "sentence"),
    [
        ({"a": 0, "b": 255}, None, "give data.evaluator=NAME"),
        ({"a": 0}, "mine", "the data have no classes"),
    ],
)
def test_images_need_classes_and_the_classifier_a_name(
    tmp_path: Path, greys: dict[str, int], evaluator: str | None, sentence: str
) -> None:
    config = pictures(tmp_path, greys)
    config.data.evaluator = evaluator
    with pytest.raises(ForgerError, match=sentence):
        train_evaluator.run(config)


def test_a_data_set_without_the_setting_is_told_where_to_write_it(tmp_path: Path) -> None:
    config = pictures(tmp_path, {"a": 0, "b": 255})
    with open_dict(config.data):
        del config.data["evaluator"]
    with pytest.raises(ForgerError, match="write evaluator: NAME into the YAML of these data"):
        train_evaluator.run(config)
