"""Semi-supervised learning: a classifier as discriminator, and the few labels it may use."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from forger.api import load, train
from forger.config.build import open_data
from forger.data.minibatches import Split
from forger.errors import ForgerError
from forger.pixels import to_float
from forger.terms.protocol import Update
from forger.terms.semi_supervised import SemiSupervised
from tiny import composed


def splits(labels: Tensor) -> Any:
    """A data set whose images of 1 x 1 have their own number as value."""
    images = torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1)
    return SimpleNamespace(splits={"train": Split(images, labels)})


def labelled(seed: int) -> Split:
    term = SemiSupervised(1.0, "classes", 2, seed)
    term.set_data(cast(Any, SimpleNamespace(device="cpu")), splits(torch.arange(60) % 3))
    assert term.labelled is not None
    return term.labelled


def test_so_many_examples_of_each_class_are_labelled_by_the_seed() -> None:
    examples, labels = labelled(0)
    assert labels.bincount().tolist() == [2, 2, 2]
    assert examples.flatten().unique().numel() == 6
    assert torch.equal(examples.flatten() % 3, labels)
    assert torch.equal(labelled(0).examples, examples)
    assert not torch.equal(labelled(1).examples, examples)


def test_a_class_with_too_few_examples_is_refused() -> None:
    term = SemiSupervised(1.0, "classes", 3, 0)
    with pytest.raises(ForgerError, match=r"labels_per_class \(=3\) must be at most 2"):
        term.set_data(
            cast(Any, SimpleNamespace(device="cpu")), splits(torch.tensor([0, 0, 0, 1, 1]))
        )


def test_the_cross_entropy_is_that_of_labelled_examples_alone() -> None:
    seen: list[Split] = []

    def outputs(x: Tensor, label: Tensor) -> dict[str, Tensor]:
        seen.append(Split(x, label))
        return {"classes": x.flatten(1) * torch.ones(3)}

    gan: Any = SimpleNamespace(device="cpu", outputs=outputs, value_range=(0.0, 1.0))
    term = SemiSupervised(2.0, "classes", 2, 0)
    term.set_data(gan, splits(torch.arange(60) % 3))
    # Labels of the minibatch are of no class: the term must not look at them.
    real, none = torch.zeros(50, 1, 1, 1), torch.full((50,), -1)
    value = term.discriminator(Update(gan, real, none, real, real, {}, {}))
    x, label = seen[0]
    assert len(x) == 50
    known = to_float(labelled(0).examples, (0.0, 1.0))
    assert torch.equal(x.unique(), known.unique())
    assert torch.equal((x * 255).round().flatten().long() % 3, label)
    torch.testing.assert_close(value, 2 * cross_entropy(x.flatten(1) * torch.ones(3), label))


@pytest.mark.slow
def test_one_label_of_each_mode_is_enough_to_tell_eight_apart(tmp_path: Path) -> None:
    settings = [
        "data=ring_2d",
        "generator=mlp",
        "generator.widths=[32,32]",
        "generator.output=identity",
        "discriminator=class_logits",
        "discriminator@discriminator.body=mlp",
        "discriminator.labels=8",
        "loss=terms_only",
        "term=[semi_supervised,feature_matching]",
        "term.semi_supervised.labels_per_class=1",
        "trainer.max_steps=150",
        "callbacks=[checkpoint]",
        "logger=[]",
    ]
    gan = load(train(*settings, f"hydra.run.dir={tmp_path / 'run'}").folder)
    points, labels = open_data(composed(*settings)).splits["test"]
    with torch.no_grad():
        found = gan.outputs(points, labels)["classes"].argmax(1)
    assert (found == labels).double().mean() > 0.95
