import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from forger.errors import ForgerError
from forger.networks import dcgan, maxout, mlp, r3gan, stylegan2, subpixel, transformer
from forger.networks.conditional import Projection
from forger.networks.spectral_norm import LAYERS, spectral_norm

NETWORKS = {
    "dcgan_g": (lambda: dcgan.Generator(5, [3, 28, 20], 2, 1.0), (5,)),
    "dcgan": (lambda: dcgan.Discriminator([3, 28, 20], 2, False, 1.0), (3, 28, 20)),
    "subpixel": (lambda: subpixel.Discriminator([1, 28, 28], 2, 1.0), (1, 28, 28)),
    "mlp": (lambda: mlp.Discriminator([1, 4, 4], [8], 3.0), (1, 4, 4)),
    "maxout": (lambda: maxout.Discriminator([1, 4, 4], [8], 2, 0.0, 0.0, 1.0), (1, 4, 4)),
    "transformer": (lambda: transformer.Discriminator([1, 8, 8], 4, 8, 1, 2), (1, 8, 8)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_each_layer_of_any_network_comes_to_norm_one(name: str) -> None:
    make, shape = NETWORKS[name]
    body = make()
    network = spectral_norm(body)
    assert network is body
    for _ in range(60):
        network(torch.randn(4, *shape))
    layers = [layer for layer in network.modules() if isinstance(layer, LAYERS)]
    assert layers
    for layer in layers:
        assert parametrize.is_parametrized(layer, "weight")
        # Of a transposed convolution outputs come second.
        across = (
            layer.weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else layer.weight
        )
        norm = torch.linalg.matrix_norm(across.flatten(1), 2).item()
        assert norm == pytest.approx(1, rel=0.05)


def test_it_keeps_what_the_network_states() -> None:
    body = spectral_norm(Projection(mlp.Discriminator([4], [8], None), classes=3))
    assert body.classes == 3
    assert body(torch.randn(2, 4), torch.tensor([0, 2])).shape == (2,)
    assert spectral_norm(dcgan.Generator(5, [1, 28, 28], 2, 0.02)).value_range == (-1.0, 1.0)


def test_a_network_without_a_layer_that_it_could_scale_is_refused() -> None:
    with pytest.raises(ForgerError, match=r"networks\.stylegan2 has no torch\.nn\.Linear and no"):
        spectral_norm(stylegan2.Generator(5, [1, 8, 8], 4, 2))


def test_weights_of_zero_have_no_norm_to_bring_to_one() -> None:
    with pytest.raises(ForgerError, match=r"layers\.4\.weight is all 0"):
        spectral_norm(r3gan.Discriminator([1, 8, 8], 4, 1, 2, 4))
