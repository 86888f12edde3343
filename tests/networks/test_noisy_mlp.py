import torch

from forger.networks.noisy_mlp import Discriminator, UnitWeights


def make(noise: float) -> Discriminator:
    torch.manual_seed(0)
    return Discriminator([1, 3, 3], [5, 4], noise_input=noise, noise_hidden=noise)


def test_only_training_has_noise() -> None:
    x = torch.randn(6, 1, 3, 3)
    noisy, plain = make(0.5), make(0.0)
    assert not torch.equal(noisy(x), noisy(x))
    assert torch.equal(plain(x), plain(x))
    assert torch.equal(noisy.eval()(x), plain(x))


def test_the_length_of_hidden_weights_changes_nothing() -> None:
    x = torch.randn(6, 1, 3, 3)
    network = make(0.0)
    before = network(x)
    hidden = [layer for layer in network.layers if isinstance(layer, UnitWeights)]
    assert len(hidden) == 2
    with torch.no_grad():
        for layer in hidden:
            layer.weight *= torch.rand(len(layer.weight), 1) + 0.5
    torch.testing.assert_close(network(x), before)


def test_a_hidden_unit_is_a_projection_onto_a_direction() -> None:
    layer = UnitWeights(3, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 0.0, 4.0]]))
        layer.bias.fill_(1.0)
    assert layer(torch.tensor([[1.0, 7.0, 2.0]])).item() == torch.tensor(11 / 5 + 1).item()
