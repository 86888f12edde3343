import math

import pytest
import torch
from torch import nn

from forger.networks.maxout import Discriminator, Generator, Maxout

SHAPE = [1, 4, 5]


def make_discriminator(**settings: float) -> Discriminator:
    shares = {"dropout_input": 0.2, "dropout_hidden": 0.5, "init": 0.3} | settings
    return Discriminator(SHAPE, [6, 7], 3, **shares)


def test_maxout_is_the_largest_of_its_linear_pieces() -> None:
    layer, x = Maxout(inputs=3, units=2, pieces=4), torch.randn(5, 3)
    weight, bias = layer.linear.weight, layer.linear.bias
    for example, outputs in zip(x, layer(x), strict=True):
        for unit in range(2):
            pieces = range(4 * unit, 4 * (unit + 1))
            expected = max((weight[p] @ example + bias[p]).item() for p in pieces)
            assert outputs[unit].item() == pytest.approx(expected, abs=1e-6)


def test_latent_vectors_become_images_and_images_one_logit_each() -> None:
    images = Generator(7, SHAPE, [8, 9], init=0.05)(torch.randn(5, 7))
    assert list(images.shape) == [5, *SHAPE]
    assert make_discriminator()(images).shape == (5,)


def test_images_fill_the_stated_range_and_no_more() -> None:
    generator = Generator(7, SHAPE, [8], init=1.0)
    images = generator(1e4 * torch.randn(50, 7))
    assert (images.min().item(), images.max().item()) == generator.value_range == (0.0, 1.0)


@pytest.mark.parametrize("init", [0.05, 0.005])
def test_weights_start_uniform_in_the_interval_and_biases_at_0(init: float) -> None:
    networks = (
        Generator(50, SHAPE, [60, 70], init=init),
        Discriminator(SHAPE, [60, 70], 5, 0.2, 0.5, init=init),
    )
    for layer in (layer for network in networks for layer in network.modules()):
        if isinstance(layer, nn.Linear):
            assert (layer.bias == 0).all()
            assert layer.weight.abs().max() <= init
            if layer.weight.numel() > 1000:
                assert layer.weight.std().item() == pytest.approx(init / math.sqrt(3), rel=0.1)


def test_dropout_drops_its_share_of_the_inputs_and_of_the_hidden_units() -> None:
    dropouts = [m for m in make_discriminator().modules() if isinstance(m, nn.Dropout)]
    assert [dropout.p for dropout in dropouts] == [0.2, 0.5, 0.5]


def test_dropout_is_random_in_training_and_absent_in_evaluation() -> None:
    discriminator, images = make_discriminator(), torch.rand(8, *SHAPE)
    assert not torch.equal(discriminator(images), discriminator(images))
    discriminator.eval()
    assert torch.equal(discriminator(images), discriminator(images))


def test_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    generator, discriminator = Generator(7, SHAPE, [8, 9], init=0.3), make_discriminator()
    discriminator(generator(torch.randn(64, 7))).square().sum().backward()
    for parameter in [*generator.parameters(), *discriminator.parameters()]:
        assert parameter.grad is not None
        assert parameter.grad.abs().max() > 0


@pytest.mark.parametrize(("units", "pieces"), [([6, 0], 3), ([6, 7], 0)])
def test_a_size_below_one_is_refused(units: list[int], pieces: int) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        Discriminator(SHAPE, units, pieces, 0.2, 0.5, 0.05)


@pytest.mark.parametrize("share", ["dropout_input", "dropout_hidden"])
def test_a_share_that_is_none_is_refused(share: str) -> None:
    with pytest.raises(ValueError, match=r"1\.2"):
        make_discriminator(**{share: 1.2})
