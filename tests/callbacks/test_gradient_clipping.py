from functools import partial
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.plugins import MixedPrecision
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from forger.callbacks.gradient_clipping import GradientClipping
from forger.errors import ForgerError
from forger.gan import GAN
from forger.training.callback_checks import check_callbacks
from tiny import Images, make_gan, make_trainer, train


class Norms(Callback):
    """The norms of both networks' gradients at their updates."""

    def __init__(self) -> None:
        self.generator: list[float] = []
        self.discriminator: list[float] = []

    def on_before_optimizer_step(self, trainer: Trainer, gan: GAN, optimizer: Optimizer) -> None:
        name = "generator" if optimizer is trainer.optimizers[0] else "discriminator"
        gradients = [p.grad for p in getattr(gan, name).parameters() if p.grad is not None]
        getattr(self, name).append(get_total_norm(gradients).item())


# Algorithm 1 with clipping, by hand, is in test_gan_precision.py.
def test_each_network_has_its_own_limit(tmp_path: Path) -> None:
    before, after = Norms(), Norms()
    train(tmp_path, make_gan(), 4, [before, GradientClipping(1e-3, 1e-2), after])
    assert min(before.generator) > 1e-3
    assert min(before.discriminator) > 1e-2
    assert after.generator == pytest.approx([1e-3] * 4, rel=1e-2)
    assert after.discriminator == pytest.approx([1e-2] * 4, rel=1e-2)


@pytest.mark.parametrize("limit", [None, 1e6])
def test_a_gradient_within_the_limit_stays_as_it_is(tmp_path: Path, limit: float | None) -> None:
    before, after = Norms(), Norms()
    train(tmp_path, make_gan(), 2, [before, GradientClipping(limit, limit), after])
    assert before.generator == after.generator
    assert before.discriminator == after.discriminator


@pytest.mark.parametrize("limit", [0.0, -1.0])
def test_a_limit_that_leaves_nothing_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match=r"generator \(=.*\) must be positive"):
        GradientClipping(limit, None)
    with pytest.raises(ValueError, match=r"discriminator \(=.*\) must be positive"):
        GradientClipping(None, limit)


def test_gradients_that_are_unscaled_too_late_are_not_clipped(tmp_path: Path) -> None:
    adam = partial(torch.optim.Adam, lr=0.01, fused=True)
    gan = make_gan(optimizer={"generator": adam, "discriminator": adam})
    scaled = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu"))
    with pytest.raises(ForgerError, match=r"give trainer\.precision=bf16-mixed"):
        train(tmp_path, gan, 1, [GradientClipping(1.0, 1.0)], plugins=[scaled])


class Child(GradientClipping):
    """A callback of one's own."""


@pytest.mark.parametrize("kind", [GradientClipping, Child])
def test_a_limit_of_no_network_is_refused(tmp_path: Path, kind: type[GradientClipping]) -> None:
    trainer = make_trainer(tmp_path, max_steps=1, callbacks=[kind(None, None, encoder=1.0)])
    with pytest.raises(
        ForgerError, match="encoder is not a network of this model: give generator or"
    ):
        check_callbacks(trainer, make_gan(), Images())
