"""Samples of a GAN are a function of the seed, and drawing them changes nothing."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback
from torch import nn

from forger.data.toys import Gaussian1D
from forger.networks import mlp
from tiny import LATENT, SHAPE, make_gan, same, snapshot, train


@pytest.mark.parametrize("ema_halflife", [0, 100])
def test_image_i_of_a_seed_depends_on_neither_count_nor_batch_size(
    tmp_path: Path, ema_halflife: float
) -> None:
    gan = make_gan(ema_halflife=ema_halflife)
    train(tmp_path, gan, max_steps=5)
    images = gan.sample(20, seed=7)
    assert images.dtype == torch.uint8
    assert images.shape == (20, *SHAPE)
    assert torch.equal(gan.sample(7, seed=7), images[:7])
    z = torch.randn(20, LATENT)
    assert torch.equal(gan.generate(z, batch_size=3), gan.generate(z, batch_size=20))
    assert not torch.equal(gan.sample(20, seed=8), images)


@pytest.mark.parametrize("training", [True, False])
def test_sampling_changes_nothing(training: bool) -> None:
    gan = make_gan().train(training)
    before = copy.deepcopy(gan.state_dict())
    random_state = torch.get_rng_state()
    gan.sample(5, seed=0)
    assert all(module.training is training for module in gan.modules())
    assert same(dict(gan.state_dict()), dict(before))
    assert torch.equal(torch.get_rng_state(), random_state)


@pytest.mark.parametrize("output", ["tanh", "sigmoid"])
def test_end_points_of_the_generators_range_are_black_and_white(output: Any) -> None:
    generator = mlp.Generator(LATENT, SHAPE, [8], False, output, None)
    last = [layer for layer in generator.modules() if isinstance(layer, nn.Linear)][-1]
    for bias, byte in ((-1e3, 0), (1e3, 255)):
        nn.init.constant_(last.bias, bias)
        assert (make_gan(generator=generator).sample(3, seed=0) == byte).all()


def test_points_are_sampled_as_the_floats_they_are(tmp_path: Path) -> None:
    generator = mlp.Generator(LATENT, [1], [8], False, "identity", None)
    gan = make_gan(generator=generator, discriminator=mlp.Discriminator([1], [8], None))
    data = Gaussian1D(mean=4, std=1, size=64, shape=[1], batch_size=4, seed=0)
    train(tmp_path, gan, max_steps=2, data=data)
    points = gan.sample(5, seed=0)
    assert points.dtype == torch.float32
    assert points.shape == (5, 1)


class Draws(Callback):
    """What a library might draw between two updates."""

    def on_train_batch_start(self, *_: object) -> None:
        torch.rand(17)


def test_draws_outside_the_update_change_nothing(tmp_path: Path) -> None:
    quiet, noisy = make_gan(), make_gan()
    train(tmp_path, quiet, max_steps=5)
    torch.manual_seed(12345)
    train(tmp_path, noisy, max_steps=5, callbacks=[Draws()])
    assert same(dict(quiet.state_dict()), dict(noisy.state_dict()))


def test_another_seed_draws_other_noise(tmp_path: Path) -> None:
    one, other = make_gan(seed=0), make_gan(seed=1)
    for gan in (one, other):
        train(tmp_path, gan, max_steps=1)
    assert not same(snapshot(one.generator), snapshot(other.generator))
