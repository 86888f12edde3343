import torch
from torch import nn

from forger.terms.spectral import SpectralRegularization, largest_singular_value
from tiny import make_update


def test_spectral_regularization_is_of_the_largest_singular_value_of_each_layer() -> None:
    convolution, linear = nn.Conv2d(2, 5, 3), nn.Linear(20, 3)
    discriminator = nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), linear)
    weights = [convolution.weight, linear.weight]
    largest = [torch.linalg.svdvals(weight.flatten(1))[0] for weight in weights]
    expected = 3 / 2 * torch.stack(largest).square().sum()
    term = SpectralRegularization(weight=3.0, iterations=1000)
    found = term.discriminator(make_update(gan={"discriminator": discriminator}))
    torch.testing.assert_close(found, expected)
    gradients = torch.autograd.grad(found, weights)
    for one, other in zip(gradients, torch.autograd.grad(expected, weights), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_few_power_iterations_do_not_reach_the_largest_singular_value() -> None:
    weight = torch.diag(torch.tensor([1.0, 0.9, 0.8]))
    few, many = (largest_singular_value(weight, count) for count in (1, 1000))
    assert few < many
    torch.testing.assert_close(many, torch.tensor(1.0))
