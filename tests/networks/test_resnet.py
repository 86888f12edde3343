import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from forger.networks.resnet import Discriminator, Down, Generator, Up

SHAPES = [[1, 28, 28], [3, 32, 32], [1, 64, 64], [3, 28, 20], [1, 32, 64], [5, 64, 16]]


@pytest.mark.parametrize("shape", SHAPES)
def test_latent_vectors_become_images_and_images_one_logit_each(shape: list[int]) -> None:
    images = Generator(7, shape, width=2, init_gain=1.0)(torch.randn(3, 7))
    assert list(images.shape) == [3, *shape]
    assert images.abs().max() <= 1
    assert Discriminator(shape, 2, spectral_norm=True, init_gain=1.0)(images).shape == (3,)


def test_a_block_whose_last_convolution_is_zero_is_its_shortcut() -> None:
    x = torch.randn(2, 3, 4, 4)
    up, down = Up(3, 5), Down(3, 5)
    for block in (up, down):
        nn.init.zeros_(block.second.weight)
        assert block.second.bias is not None
        nn.init.zeros_(block.second.bias)
    torch.testing.assert_close(up(x), up.shortcut(interpolate(x, scale_factor=2.0)))
    torch.testing.assert_close(down(x), nn.functional.avg_pool2d(down.shortcut(x), 2))


@pytest.mark.parametrize("make", [Up, Down])
def test_what_is_negative_does_not_pass_a_block_but_by_its_shortcut(make: type[Up | Down]) -> None:
    x = torch.randn(2, 3, 4, 4)
    block = make(3, 5).eval()  # batch normalisation has not seen anything yet
    for parameter in block.shortcut.parameters():
        nn.init.zeros_(parameter)
    torch.testing.assert_close(block(x), block(x.relu()))
    for parameter in block.first.parameters():
        nn.init.constant_(parameter, -1.0)
    assert block.second.bias is not None
    expected = block.second.bias[:, None, None].expand_as(block(x))
    torch.testing.assert_close(block(x), expected)


def operator_norm(layer: nn.Module) -> Tensor:
    """Of a linear layer as a matrix: the largest singular value of its weight."""
    return torch.linalg.matrix_norm(layer.weight.flatten(1), 2)  # pyright: ignore


def test_spectral_normalisation_brings_each_weight_to_norm_one() -> None:
    network = Discriminator([1, 28, 28], 4, spectral_norm=True, init_gain=3.0)
    plain = Discriminator([1, 28, 28], 4, spectral_norm=False, init_gain=3.0)
    x = torch.randn(4, 1, 28, 28)
    for _ in range(50):
        network(x)
    kinds = (nn.Conv2d, nn.Linear)
    norms = [operator_norm(m) for m in network.modules() if isinstance(m, kinds)]
    torch.testing.assert_close(torch.stack(norms), torch.ones(len(norms)), rtol=0.02, atol=0)
    norms = [operator_norm(m) for m in plain.modules() if isinstance(m, kinds)]
    torch.testing.assert_close(torch.stack(norms), torch.full((len(norms),), 3.0))


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_every_weight_learns(spectral_norm: bool) -> None:
    generator = Generator(7, [1, 28, 28], 2, 1.0)
    discriminator = Discriminator([1, 28, 28], 2, spectral_norm, 1.0)
    discriminator(generator(torch.randn(8, 7))).square().sum().backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
