"""Labels go to both networks; packs are formed of examples of one kind."""

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from forger.callbacks.measure import Measure
from forger.data.minibatches import Split
from forger.latent_space.sampling import labels_by_frequency
from forger.metrics.nearest import Nearest
from forger.networks import mlp, packed
from reference import BATCH
from tiny import SHAPE, Images, make_gan, networks, same, snapshot, train


class Told(nn.Module):
    """A network that keeps the labels it is given."""

    classes = 10
    value_range = (-1.0, 1.0)

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.labels: list[Tensor] = []

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        self.labels.append(label)
        return self.body(x)


def test_a_conditional_pair_is_told_the_classes_of_the_real_examples(tmp_path: Path) -> None:
    class Labelled(Images):
        def load(self) -> dict[str, Split]:
            splits = super().load()
            train = splits["train"]
            return splits | {"train": Split(train.examples, torch.arange(48) % 10)}

    told = {name: Told(network) for name, network in networks().items()}
    gan = make_gan(**told, k=2)
    train(tmp_path, gan, max_steps=1, data=Labelled(k=2))
    generator, discriminator = (told[name].labels for name in ("generator", "discriminator"))
    data = Labelled(k=2)
    data.setup()
    _, labels = next(iter(data.train_dataloader()))
    first, second = labels.chunk(2)
    assert same(generator, [first, second, second])
    assert same(discriminator, [first, first, second, second, second])


def test_samples_of_a_conditional_gan_are_of_the_class_asked_for_or_of_all_in_turn() -> None:
    told = {name: Told(network) for name, network in networks().items()}
    gan = make_gan(**told, ema_halflife=0)
    gan.sample(12, seed=0)
    gan.label = 7
    gan.sample(3, seed=0)
    assert [labels.tolist() for labels in told["generator"].labels] == [
        [*range(10), 0, 1],
        [7, 7, 7],
    ]
    gan.label = torch.tensor([3, 1])
    gan.sample(3, seed=0)
    assert told["generator"].labels[-1].tolist() == [3, 1, 3]
    assert make_gan().labels(5) is None


def test_samples_that_are_measured_are_of_classes_as_frequent_as_in_the_data(
    tmp_path: Path,
) -> None:
    told = {name: Told(network) for name, network in networks().items()}
    gan = make_gan(**told, ema_halflife=0)
    labels = torch.tensor([2, 0, 2, 2, 5, 2]).repeat(8)
    for count in (12, 600):
        drawn = labels_by_frequency(gan, labels, count)
        assert drawn is not None
        found = torch.bincount(drawn, minlength=10)
        assert found / count == pytest.approx(torch.bincount(labels, minlength=10) / 48, abs=0.05)
        assert same([drawn[:12]], [labels_by_frequency(gan, labels, 12)])
    assert labels_by_frequency(make_gan(), labels, 12) is None

    class Labelled(Images):
        def load(self) -> dict[str, Split]:
            splits = super().load()
            train = Split(splits["train"].examples, labels)
            return splits | {"train": train, "validation": train}

    measure = Measure({"nearest": Nearest(4)}, every_n_updates=1, n=12, seed=0)
    train(tmp_path, gan, 1, [measure], Labelled(k=1))
    assert same([told["generator"].labels[-1]], [labels_by_frequency(gan, labels, 12)])


def test_packs_are_formed_of_real_and_of_generated_examples(tmp_path: Path) -> None:
    body = partial(mlp.Discriminator, widths=[8], init_std=None)
    gan = make_gan(discriminator=packed.Discriminator(body, SHAPE, pack=2))
    before = snapshot(gan)
    train(tmp_path, gan, max_steps=2)
    assert gan.last["real"].shape == gan.last["fake"].shape == (BATCH // 2,)
    assert not same(snapshot(gan), before)
