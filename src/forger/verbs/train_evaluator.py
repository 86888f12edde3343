"""`forger train-evaluator`: the classifier that metrics see images through."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig
from torch import Tensor

from forger.checks import check_above_zero, check_not_negative, check_positive
from forger.config.build import build_data
from forger.config.schema import check
from forger.config.settings import Instantiable
from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.errors import ForgerError
from forger.metrics.evaluator import save
from forger.metrics.fit_evaluator import fit_evaluator
from forger.runs.files import check_writable


@dataclass
class Settings:
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    shift: int
    out: str | None
    data: Instantiable


def run(config: DictConfig) -> None:
    """Train on all labelled training images, and save the weights with facts about them."""
    settings = check_settings(config)
    data = open_labelled_data(config)
    parts = zip(data.splits["train"], data.splits["validation"], strict=True)
    # The test images choose nothing, so no validation images are needed.
    train = data.splits["train"] = Split(*map(torch.cat, parts))
    test = data.splits["test"]
    names = ("seed", "epochs", "batch_size", "learning_rate", "weight_decay", "shift")
    chosen = {name: settings[name] for name in names}
    classes = data.classes or int(train.labels.max()) + 1
    usual = data.root / "evaluators" / f"{data.evaluator}.safetensors"
    out = Path(config.out or usual).expanduser()
    check_writable(out)
    evaluator, accuracy = fit_evaluator(*train, *test, classes=classes, **chosen)
    if not all(weights.isfinite().all() for weights in evaluator.state_dict().values()):
        raise ForgerError(f"weights are not finite: lower learning_rate (={config.learning_rate})")
    facts = {"accuracy": accuracy, "data": data.evaluator, "data_sha256": data.checksum}
    # The bits of the weights depend on how many threads add up.
    facts |= {"threads": torch.get_num_threads(), **chosen}
    save(evaluator, out, {name: str(fact) for name, fact in facts.items()})
    print(f"{accuracy:.2%} of {len(test.labels)} test images right; weights in {out}")
    caution_chance(accuracy, test.labels)


def check_settings(config: DictConfig) -> dict[str, Any]:
    """The settings; raises ForgerError for one that is out of range."""
    settings = check(config, Settings)
    check_positive(epochs=config.epochs, batch_size=config.batch_size)
    check_above_zero(learning_rate=config.learning_rate)
    check_not_negative(weight_decay=config.weight_decay, shift=config.shift)
    return settings


def open_labelled_data(config: DictConfig) -> InMemory:
    """The data set, read; raises ForgerError unless it has images with classes, and test images."""
    data = build_data(config)
    if len(data.shape) != 3:
        raise ForgerError("the data are points, and an evaluator sees images: give other data")
    if data.evaluator is None:
        # A data set of one's own may take the name by default, without a line in its YAML.
        own = "write evaluator: NAME into the YAML of these data"
        remedy = "give data.evaluator=NAME" if "evaluator" in config.data else own
        raise ForgerError(
            f"data.evaluator is not set: {remedy}, by which runs of these data will name the"
            " classifier"
        )
    data.prepare_data()
    data.setup("fit")
    if not data.splits["train"].labels.any():
        raise ForgerError("the data have no classes: give others, such as a folder for each class")
    if config.shift >= min(data.shape[1:]):
        raise ForgerError(
            f"shift (={config.shift}) must be less than the images' side, {min(data.shape[1:])}"
        )
    if not len(data.splits["test"].labels):
        raise ForgerError("the data have no test images to test the evaluator on: give other data")
    return data


def caution_chance(accuracy: float, labels: Tensor) -> None:
    """Say so where an accuracy is no better than naming the most frequent of the labels (n,)."""
    often = int(labels.bincount().max()) / len(labels)
    # Two standard deviations: chance alone would bring more than that in one of forty cases.
    if accuracy < min(1, often + 2 * math.sqrt(often * (1 - often) / len(labels))):
        print(
            f"caution  this is no better than chance, since {often:.2%} of the test images have"
            " one class: give more epochs or images, or another learning_rate"
        )
