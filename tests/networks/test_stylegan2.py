import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from forger.networks.stylegan2 import EqualisedLinear, Generator, Mapping, ModulatedConvolution

SHAPES = [[1, 28, 28], [3, 28, 20], [1, 32, 64], [5, 32, 32]]


@pytest.mark.parametrize("shape", SHAPES)
def test_latent_vectors_become_images_each_by_its_own(shape: list[int]) -> None:
    generator, z = Generator(7, shape, 4, 2), torch.randn(3, 7)
    images = generator(z)
    assert list(images.shape) == [3, *shape]
    torch.testing.assert_close(images[1:2], generator(z[1:2]))


@pytest.mark.parametrize("demodulate", [True, False])
def test_scaled_features_are_the_scaled_weights_of_the_paper(demodulate: bool) -> None:
    layer = ModulatedConvolution(4, 6, 3, 5, demodulate).double()
    x, w = torch.randn(3, 4, 8, 5).double(), torch.randn(3, 5).double()

    def one(x: Tensor, style: Tensor) -> Tensor:
        weight = layer.weight / 6 * style[:, None, None]  # eq. 1; 6: the root of 4 x 3 x 3 inputs
        if demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()  # eq. 3
        return conv2d(x, weight, padding=1)

    expected = torch.stack([one(*pair) for pair in zip(x, layer.style(w), strict=True)])
    torch.testing.assert_close(layer(x, w), expected)


def test_a_demodulated_convolution_keeps_the_variance_whatever_the_style() -> None:
    layer = ModulatedConvolution(64, 64, 3, 16, demodulate=True)
    y = layer(torch.randn(4, 64, 32, 32), 10 * torch.randn(4, 16))[..., 1:-1, 1:-1]
    assert y.std().item() == pytest.approx(1, rel=0.05)


def test_the_mapping_learns_a_hundred_times_more_slowly_from_the_same_variance() -> None:
    x = torch.randn(4000, 32)
    changes = []
    for rate in (1.0, 0.01):
        layer = EqualisedLinear(32, 16, rate=rate)
        before = layer(x)
        assert before.std().item() == pytest.approx(1, rel=0.1)
        with torch.no_grad():
            layer.weight.add_(layer.weight.sign(), alpha=1e-3)  # a step of Adam
        changes.append((layer(x) - before).std().item())
    assert changes[0] / changes[1] == pytest.approx(100, rel=0.1)


def test_the_length_of_a_latent_vector_does_not_matter() -> None:
    mapping, z = Mapping(16, 2), torch.randn(5, 16)
    torch.testing.assert_close(mapping(3 * z), mapping(z), rtol=1e-4, atol=1e-5)


def test_every_weight_learns() -> None:
    generator = Generator(7, [1, 28, 28], 4, 2)
    generator(torch.randn(8, 7)).square().sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
