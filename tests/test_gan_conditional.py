"""Labels go to both networks; packs are formed of examples of one kind."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from forger.data.minibatches import Split
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
    assert make_gan().labels(5) is None


def test_packs_are_formed_of_real_and_of_generated_examples(tmp_path: Path) -> None:
    body = partial(mlp.Discriminator, widths=[8], init_std=None)
    gan = make_gan(discriminator=packed.Discriminator(body, SHAPE, pack=2))
    before = snapshot(gan)
    train(tmp_path, gan, max_steps=2)
    assert gan.last["real"].shape == gan.last["fake"].shape == (BATCH // 2,)
    assert not same(snapshot(gan), before)
