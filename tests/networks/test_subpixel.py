import pytest
import torch
from torch import nn

from forger.networks.subpixel import Discriminator, Generator

SHAPES = [[1, 28, 28], [3, 32, 32], [1, 64, 64], [3, 28, 20], [1, 32, 64], [5, 64, 16]]


@pytest.mark.parametrize("shape", SHAPES)
def test_latent_vectors_become_images_and_images_one_logit_each(shape: list[int]) -> None:
    images = Generator(7, shape, width=2, init_std=0.02)(torch.randn(3, 7))
    assert list(images.shape) == [3, *shape]
    assert images.abs().max() <= 1
    assert Discriminator(shape, width=2, init_std=0.02)(images).shape == (3,)


def test_no_convolution_works_at_full_size() -> None:
    sizes: list[int] = []

    def look(layer: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        sizes.append(max(inputs[0].shape[-1], output.shape[-1]))

    generator, discriminator = (
        Generator(7, [1, 28, 28], 2, 0.02),
        Discriminator([1, 28, 28], 2, 0.02),
    )
    for network in (generator, discriminator):
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.register_forward_hook(look)
    discriminator(generator(torch.randn(2, 7)))
    assert sizes == [14] * 6


def test_every_pixel_reaches_the_logit_and_every_weight_learns() -> None:
    generator = Generator(7, [1, 28, 28], 2, 0.1)
    discriminator = Discriminator([1, 28, 28], 2, 0.1)
    images = generator(torch.randn(8, 7))
    images.retain_grad()
    discriminator(images).square().sum().backward()
    assert images.grad is not None
    assert (images.grad != 0).any(0).all()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name
