import pytest
import torch
from torch import nn

from forger.errors import ForgerError
from forger.networks import dcgan, mlp
from forger.networks.minibatch_stddev import Discriminator, deviation


def test_the_deviation_is_that_of_each_group_averaged_over_features() -> None:
    features = torch.randn(6, 5)
    first, second = (part.std(0, unbiased=False).mean() for part in features.split(3))
    torch.testing.assert_close(deviation(features, 3), torch.stack([first] * 3 + [second] * 3))


def test_copies_of_one_example_have_no_deviation_and_a_finite_slope() -> None:
    x = torch.ones(4, 5, requires_grad=True)
    s = deviation(x, 4)
    assert s.max() < 1e-3
    s.sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_at_first_it_is_its_body_and_then_a_last_layer_of_one_more_input() -> None:
    body = mlp.Discriminator([6], [8, 9], None)
    network = Discriminator(body, group=2)
    x = torch.randn(4, 6)
    torch.testing.assert_close(network(x), body(x))
    nn.init.constant_(network.weight, 0.5)
    features = body.layers[:-1](x)
    wider = nn.Linear(10, 1)
    wider.weight.data = torch.cat([network.last.weight, torch.full((1, 1), 0.5)], 1)  # pyright: ignore
    wider.bias.data = network.last.bias.data  # pyright: ignore
    expected = wider(torch.cat([features, deviation(features, 2)[:, None]], 1)).squeeze(1)
    torch.testing.assert_close(network(x), expected)


def test_every_weight_learns_on_a_rectangle_of_three_channels() -> None:
    network = Discriminator(dcgan.Discriminator([3, 28, 20], 2, True, 0.02), group=4)
    nn.init.ones_(network.weight)
    logits = network(torch.randn(8, 3, 28, 20))
    assert logits.shape == (8,)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())


def test_a_minibatch_of_uneven_groups_is_refused() -> None:
    network = Discriminator(mlp.Discriminator([6], [8], None), group=4)
    with pytest.raises(ForgerError, match=r"^6 examples at once are no multiple of .*group \(=4\)"):
        network(torch.randn(6, 6))
    assert network(torch.randn(3, 6)).shape == (3,)
