import pytest
import torch
from torch import nn

from forger.networks.r3gan import Discriminator, Generator, Residual

SHAPES = [[1, 28, 28], [3, 28, 20], [1, 32, 64], [5, 32, 32]]


@pytest.mark.parametrize("shape", SHAPES)
def test_latent_vectors_become_images_and_images_one_logit_each(shape: list[int]) -> None:
    images = Generator(7, shape, 4, 1, 2, 4)(torch.randn(3, 7))
    assert list(images.shape) == [3, *shape]
    discriminator = Discriminator(shape, 4, 1, 2, 4)
    assert discriminator(images).shape == (3,)
    torch.testing.assert_close(discriminator(images)[:1], discriminator(images[:1]))


def test_a_block_starts_as_the_identity_and_the_deeper_the_smaller() -> None:
    x = torch.randn(2, 8, 5, 3)
    assert torch.equal(Residual(8, 2, 4, blocks=3)(x), x)
    stds = []
    for blocks in (1, 16):
        first = next(Residual(64, 2, 4, blocks).parameters())
        stds.append(first.std().item())
    assert stds[0] == pytest.approx((2 / 1.04) ** 0.5 / 8, rel=0.03)
    assert stds[0] / stds[1] == pytest.approx(2, rel=0.05)  # 16 ** 0.25


def test_the_middle_convolution_is_grouped_and_there_is_no_normalisation() -> None:
    network = Discriminator([1, 28, 28], 8, 2, 2, 4)
    middle = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert [m.groups for m in middle] == [4, 4, 8, 8, 16, 16]
    assert not any("Norm" in type(m).__name__ for m in network.modules())


def test_the_variance_of_images_does_not_grow_with_depth() -> None:
    z = torch.randn(64, 16)
    shallow, deep = (Generator(16, [1, 28, 28], 8, n, 2, 4)(z).std().item() for n in (1, 6))
    assert deep == pytest.approx(shallow, rel=0.5)
    assert 0.2 < deep < 3


def test_every_weight_learns_after_the_first_step() -> None:
    generator, discriminator = (
        Generator(7, [1, 28, 28], 4, 1, 2, 4),
        Discriminator([1, 28, 28], 4, 1, 2, 4),
    )
    for network in (generator, discriminator):
        for block in network.modules():
            if isinstance(block, Residual):
                nn.init.normal_(block.layers[-1].weight, 0, 0.1)  # pyright: ignore
    discriminator(generator(torch.randn(8, 7))).square().sum().backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


def test_groups_that_do_not_come_out_even_are_refused() -> None:
    with pytest.raises(ValueError, match=r"group_width \(=6\) must divide"):
        Generator(7, [1, 28, 28], 8, 1, 2, 6)
