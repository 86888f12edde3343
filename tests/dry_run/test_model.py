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


class Misled(GAN):
    """It descends by an optimizer that is not there."""

    def update_generator(self, real: Tensor, label: Tensor) -> dict[str, Tensor]:
        self.descend(self.generator_loss(self.noise(4), real, label)[0], "critic")
        return {}


def test_a_network_without_an_optimizer_is_named(tmp_path: Path) -> None:
    sentence = r"^model: critic is none of its networks, generator, discriminator: name one"
    with pytest.raises(ForgerError, match=sentence):
        train(tmp_path, make_gan(Misled), 1)
