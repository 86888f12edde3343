import torch
from torch import nn

from forger.networks.linear import Discriminator, Generator


def test_each_has_one_layer() -> None:
    generator, discriminator = Generator(3, [2, 2], "identity", None), Discriminator([2, 2], None)
    fake = generator(torch.randn(5, 3))
    assert fake.shape == (5, 2, 2)
    assert discriminator(fake).shape == (5,)
    for network, size in ((generator, (4, 3)), (discriminator, (1, 4))):
        assert [layer.weight.shape for layer in linear(network)] == [size]


def linear(network: nn.Module) -> list[nn.Linear]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
