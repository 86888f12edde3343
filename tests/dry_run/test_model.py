"""Models of one's own that are refused, before a run or in its first update."""

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, nn

from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.gan import GAN
from tiny import composed, make_gan, train


class Hollow(GAN):
    """It forgets the constructor of its parent."""

    def __init__(self, **_: Any) -> None:
        nn.Module.__init__(self)


class NoModule(GAN):
    @property
    def networks(self) -> dict[str, nn.Module]:
        return {**super().networks, "critic": "mlp"}  # pyright: ignore[reportReturnType]


class NoProperty(GAN):
    def networks(self) -> dict[str, nn.Module]:  # pyright: ignore
        return {}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("Hollow", r"Hollow\) is no child of GAN, or does not call super\(\)\.__init__\(\.\.\.\)$"),
        ("NoModule", r"^model: network critic is str, not a torch\.nn\.Module$"),
        ("NoProperty", r"^model: networks should be a property, a dict of networks by name$"),
    ],
)
def test_a_model_that_is_not_whole_is_refused(model: str, sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed("experiment=ring", f"model._target_={__name__}.{model}"))


class Silent(GAN):
    """Its update forgets what it returns."""

    def update_generator(self, real: Tensor, label: Tensor) -> None:  # pyright: ignore
        super().update_generator(real, label)


class Plain(GAN):
    """It returns a number, for which it asks a tensor: there is none without memory."""

    def update_generator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        values = super().update_generator(real, label)
        return values | {"mine": values["loss/generator"].item()}  # pyright: ignore


class Whole(GAN):
    """It returns values of each example, and no others."""

    def algorithm_1(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        values = super().algorithm_1(images, labels)
        return {"mine": values["real"]}


class Without(GAN):
    """It returns no logits, which are in the curves."""

    def update_discriminator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        values = super().update_discriminator(real, label)
        return {"loss/discriminator": values["loss/discriminator"]}


class Vector(GAN):
    """It descends losses of examples, and not their mean."""

    def update_generator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        self.descend(self.fake(self.noise(2), label[:2]).mean(1), "generator")
        return {}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("Silent", r"\.update_generator \(test_model\.py, line \d+\) returns NoneType: "),
        ("Plain", r"\.update_generator \(test_model\.py, line \d+\) returns float as mine: "),
        ("Whole", r"\.algorithm_1 \(test_model\.py, line \d+\) returns \[\d+\] as mine: "),
        ("Without", "'s updates return no fake, which callbacks.curves needs: return it, or give"),
        ("Vector", r" descends \[2\]: give descend a mean, a scalar of floats$"),
    ],
)
def test_an_update_that_gives_no_values_is_refused(model: str, sentence: str) -> None:
    with pytest.raises(ForgerError, match=f"^model: {model}{sentence}"):
        dry_run(composed("experiment=ring", f"model._target_={__name__}.{model}"))


class Waiting(GAN):
    """Its update needs what it makes when training starts, and the average has moved."""

    def on_train_start(self) -> None:
        super().on_train_start()
        self.updates = 0

    def algorithm_1(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        values = super().algorithm_1(images, labels)
        self.updates += 1
        return values


def test_what_a_trial_cannot_give_is_no_fault_of_an_update() -> None:
    model = f"model._target_={__name__}.Waiting"
    dry_run(composed("experiment=ring", model, "model.ema_halflife=100"))


class Misled(GAN):
    """It descends by an optimizer that is not there."""

    def update_generator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        self.descend(self.generator_loss(self.noise(4), real, label)[0], "critic")
        return {}


def test_a_network_without_an_optimizer_is_named(tmp_path: Path) -> None:
    sentence = r"^model: critic is none of its networks, generator, discriminator: name one"
    with pytest.raises(ForgerError, match=sentence):
        train(tmp_path, make_gan(Misled), 1)
