"""What terms add, where it is seen, what trains them, and that it is in the checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.gan import GAN
from forger.networks.heads import Heads
from forger.terms.contrastive import Contrastive
from forger.terms.lecam import LeCam
from forger.terms.protocol import Update
from tiny import Images, make_gan, networks, same, train


class Constant:
    """Adds numbers that a test can find again, and one times a weight of the generator."""

    def discriminator(self, update: Update) -> Tensor:
        return torch.tensor(3.0)

    def generator(self, update: Update) -> Tensor:
        return 5 * next(update.gan.generator.parameters()).sum()


def test_a_term_is_added_to_both_objectives_and_is_a_curve(tmp_path: Path) -> None:
    gan, without = make_gan(term={"constant": Constant()}), make_gan()
    before = next(gan.generator.parameters()).clone()
    trainer = train(tmp_path, gan, 1, [Curves(1)])
    train(tmp_path, without, 1)
    torch.testing.assert_close(
        gan.last["loss/discriminator"], without.last["loss/discriminator"] + 3
    )
    values = trainer.callback_metrics
    assert values["term/constant/discriminator"] == 3
    assert values["term/constant/generator"] == pytest.approx(5 * before.sum().item())
    assert not same(gan.generator.state_dict(), without.generator.state_dict())


def test_the_state_of_a_term_is_in_the_checkpoint(tmp_path: Path) -> None:
    def gan() -> Any:
        return make_gan(term={"lecam": LeCam(weight=0.1, decay=0.9)})

    whole, cut, resumed = gan(), gan(), gan()
    train(tmp_path / "whole", whole, 4)
    train(tmp_path, cut, 2, [Checkpoint(2, None, keep_all=False)])
    train(tmp_path, resumed, 4, ckpt=tmp_path / "checkpoints" / "last.ckpt")
    assert "term_lecam.averages" in whole.state_dict()
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
    # A run may also go on without it.
    train(tmp_path, make_gan(), 4, ckpt=tmp_path / "checkpoints" / "last.ckpt")


def contrastive_gan() -> GAN:
    pair = networks()
    torch.manual_seed(1)
    return make_gan(
        generator=pair["generator"],
        discriminator=Heads(pair["discriminator"], {"embedding": 3}),
        term={"contrastive": Contrastive(1.0, "embedding", 2, 3, 0.5, 0.98, 0.02)},
    )


def test_the_optimizer_of_a_network_trains_the_parameters_of_terms_that_name_it(
    tmp_path: Path,
) -> None:
    whole, cut, resumed = contrastive_gan(), contrastive_gan(), contrastive_gan()
    before = whole.get_parameter("term_contrastive.directions.weight").clone()
    data = Images(classes=2, clusters=2)
    train(tmp_path / "whole", whole, 4, data=data)
    assert not torch.equal(before, whole.get_parameter("term_contrastive.directions.weight"))
    checkpoints = [Checkpoint(2, None, keep_all=False)]
    train(tmp_path, cut, 2, checkpoints, data=Images(classes=2, clusters=2))
    ckpt = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path, resumed, 4, data=Images(classes=2, clusters=2), ckpt=ckpt)
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
