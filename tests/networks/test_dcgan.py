import pytest
import torch
from torch import nn

from forger.networks.dcgan import Discriminator, Generator, stages

SHAPES = [[1, 28, 28], [3, 32, 32], [1, 64, 64], [3, 28, 20], [1, 32, 64], [5, 64, 16]]


@pytest.mark.parametrize("shape", SHAPES)
def test_latent_vectors_become_images_and_images_one_logit_each(shape: list[int]) -> None:
    images = Generator(7, shape, width=2, init_std=0.02)(torch.randn(3, 7))
    assert list(images.shape) == [3, *shape]
    discriminator = Discriminator(shape, width=2, batch_norm=True, init_std=0.02)
    assert discriminator(images).shape == (3,)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ([1, 28, 28], (2, (7, 7))),
        ([3, 32, 32], (3, (4, 4))),
        ([1, 64, 64], (4, (4, 4))),
        ([1, 48, 48], (3, (6, 6))),
        ([3, 28, 20], (2, (7, 5))),
        ([2, 32, 64], (3, (4, 8))),
        ([4, 28, 32], (2, (7, 8))),
        ([1, 8, 96], (1, (4, 48))),
    ],
)
def test_the_sides_halve_until_the_shorter_has_4_to_7_pixels(
    shape: list[int], expected: tuple[int, tuple[int, int]]
) -> None:
    assert stages(shape) == expected


@pytest.mark.parametrize(
    "shape", [[1, 30, 30], [1, 28, 30], [1, 5, 5], [1, 4, 64], [28, 28], [1], []]
)
def test_an_image_that_does_not_fit_is_refused_with_its_shape(shape: list[int]) -> None:
    with pytest.raises(ValueError, match=r"shape .* must be .* 28 x 28, 28 x 20"):
        Generator(7, shape, 2, 0.02)
    with pytest.raises(ValueError, match=r"shape .* must be .* 28 x 28, 28 x 20"):
        Discriminator(shape, 2, True, 0.02)


def test_channels_double_with_each_layer_away_from_the_image() -> None:
    generator = Generator(7, [3, 32, 32], width=2, init_std=0.02)
    up = [layer for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert [(c.in_channels, c.out_channels) for c in up] == [(8, 4), (4, 2), (2, 3)]
    discriminator = Discriminator([3, 32, 32], width=2, batch_norm=True, init_std=0.02)
    down = [layer for layer in discriminator.modules() if isinstance(layer, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in down] == [(3, 2), (2, 4), (4, 8)]


def test_batch_norm_is_everywhere_but_next_to_the_image_with_torchs_own_eps() -> None:
    generator = Generator(7, [1, 28, 28], width=2, init_std=0.02)
    discriminator = Discriminator([1, 28, 28], width=2, batch_norm=True, init_std=0.02)
    for network, channels in ((generator, [4, 2]), (discriminator, [4])):
        norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
        assert [norm.num_features for norm in norms] == channels
        assert {norm.eps for norm in norms} == {nn.BatchNorm2d(1).eps}


def test_without_batch_norm_each_image_is_judged_by_itself() -> None:
    images = torch.rand(6, 1, 28, 28)
    alone = Discriminator([1, 28, 28], width=2, batch_norm=False, init_std=0.2)
    torch.testing.assert_close(alone(images)[:2], alone(images[:2]))
    together = Discriminator([1, 28, 28], width=2, batch_norm=True, init_std=0.2)
    assert not torch.allclose(together(images)[:2], together(images[:2]))


def test_weights_start_with_the_stated_deviation() -> None:
    generator = Generator(64, [1, 32, 32], width=8, init_std=0.02)
    for layer in generator.modules():
        if isinstance(layer, nn.ConvTranspose2d | nn.Linear) and layer.weight.numel() > 1000:
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert abs(layer.weight.mean().item()) < 0.002
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.mean().item() == pytest.approx(1, abs=0.03)


def test_images_fill_the_stated_range_and_no_more() -> None:
    generator = Generator(7, [1, 28, 28], width=2, init_std=10.0)
    images = generator(torch.randn(8, 7))
    assert (images.min().item(), images.max().item()) == generator.value_range == (-1.0, 1.0)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_gradient_reaches_every_parameter(batch_norm: bool) -> None:
    torch.manual_seed(0)
    generator = Generator(7, [1, 28, 28], width=2, init_std=0.1)
    discriminator = Discriminator([1, 28, 28], 2, batch_norm, init_std=0.1)
    discriminator(generator(torch.randn(8, 7))).square().sum().backward()
    for parameter in [*generator.parameters(), *discriminator.parameters()]:
        assert parameter.grad is not None
        assert parameter.grad.abs().max() > 0
