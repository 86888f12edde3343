from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor, nn

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.output_bias import OutputBias
from forger.data.minibatches import Split
from forger.errors import ForgerError
from forger.gan import GAN
from forger.networks import maxout
from tiny import LATENT, SHAPE, Images, make_gan, train


class Halves(Images):
    """Images whose left half is black, and whose right half is white or black in turn."""

    def load(self) -> dict[str, Split]:
        splits = super().load()
        images = splits["train"].examples
        images[:] = 0
        images[::4, :, :, 2:] = 255
        return splits


class FirstBias(Callback):
    seen: dict[str, Tensor] | None = None

    def on_train_batch_start(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        if self.seen is None:
            networks = {"generator": gan.generator, "ema": gan.ema}
            self.seen = {
                name: network.output.bias.detach().clone()
                for name, network in networks.items()
                if network is not None and isinstance(network.output, nn.Linear)
            }


def make(**settings: Any) -> GAN:
    return make_gan(generator=maxout.Generator(LATENT, SHAPE, [8], init=0.05), **settings)


def test_the_generator_starts_at_the_mean_image(tmp_path: Path) -> None:
    first = FirstBias()
    train(tmp_path, make(), 1, [OutputBias(), first], data=Halves())
    assert first.seen is not None
    mean = first.seen["generator"].sigmoid().reshape(SHAPE)
    torch.testing.assert_close(mean[..., 2:], torch.full((1, 4, 2), 0.25))
    torch.testing.assert_close(mean[..., :2], torch.full((1, 4, 2), 1e-7), rtol=0.01, atol=0)


def test_the_average_starts_there_too(tmp_path: Path) -> None:
    first = FirstBias()
    train(tmp_path, make(ema_halflife=100), 1, [OutputBias(), first], data=Halves())
    assert first.seen is not None
    assert torch.equal(first.seen["ema"], first.seen["generator"])


def test_a_resumed_run_keeps_what_it_learned(tmp_path: Path) -> None:
    gan = make()
    callbacks = [OutputBias(), Checkpoint(100, None, keep_all=False)]
    train(tmp_path, gan, 5, callbacks, data=Halves())
    learned = gan.generator.output
    assert isinstance(learned, nn.Linear)
    first = FirstBias()
    last = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path, make(), 6, [OutputBias(), first], data=Halves(), ckpt=last)
    assert first.seen is not None
    assert torch.equal(first.seen["generator"], learned.bias)


def test_another_generator_is_refused() -> None:
    with pytest.raises(ForgerError, match="output_bias needs a generator whose last layer"):
        OutputBias().check(make_gan(), Halves())
