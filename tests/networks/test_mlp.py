from typing import Literal

import pytest
import torch
from torch import nn

from forger.networks.mlp import Discriminator, Generator


def sizes(network: nn.Module) -> list[tuple[int, int]]:
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    return [(layer.in_features, layer.out_features) for layer in linear]


@pytest.mark.parametrize("shape", [[1, 28, 28], [3, 4, 5], [2]])
def test_latent_vectors_become_examples_and_examples_one_logit_each(shape: list[int]) -> None:
    fake = Generator(7, shape, [8, 9], batch_norm=True, output="tanh", init_std=None)(
        torch.randn(5, 7)
    )
    assert list(fake.shape) == [5, *shape]
    assert Discriminator(shape, [8, 9], None)(fake).shape == (5,)


def test_widths_are_those_of_the_layers() -> None:
    generator = Generator(7, [1, 2, 3], [8, 9], batch_norm=True, output="tanh", init_std=None)
    assert sizes(generator) == [(7, 8), (8, 9), (9, 6)]
    assert sizes(Discriminator([1, 2, 3], [9, 8], None)) == [(6, 9), (9, 8), (8, 1)]
    assert sizes(Generator(7, [6], [], batch_norm=False, output="tanh", init_std=None)) == [(7, 6)]
    assert sizes(Discriminator([6], [], None)) == [(6, 1)]


def test_batch_norm_follows_all_hidden_layers_but_the_first_with_torchs_own_eps() -> None:
    generator = Generator(7, [6], [8, 9, 10], batch_norm=True, output="tanh", init_std=None)
    norms = [layer for layer in generator.modules() if isinstance(layer, nn.BatchNorm1d)]
    default = nn.BatchNorm1d(1)
    assert [norm.num_features for norm in norms] == [9, 10]
    assert {norm.eps for norm in norms} == {default.eps}
    assert {norm.momentum for norm in norms} == {default.momentum}
    without = Generator(7, [6], [8, 9, 10], batch_norm=False, output="tanh", init_std=None)
    assert not any(isinstance(layer, nn.BatchNorm1d) for layer in without.modules())


@pytest.mark.parametrize(
    ("output", "value_range"),
    [("tanh", (-1.0, 1.0)), ("sigmoid", (0.0, 1.0)), ("identity", None)],
)
def test_examples_fill_the_stated_range_and_no_more(
    output: Literal["tanh", "sigmoid", "identity"], value_range: tuple[float, float] | None
) -> None:
    generator = Generator(7, [6], [8], batch_norm=False, output=output, init_std=None)
    assert generator.value_range == value_range
    examples = generator(1e4 * torch.randn(50, 7))
    if value_range is None:
        assert examples.abs().max() > 100
    else:
        assert (examples.min().item(), examples.max().item()) == value_range


def test_hidden_units_let_a_fifth_of_what_is_negative_pass() -> None:
    generator = Generator(1, [1], [1], batch_norm=False, output="identity", init_std=None)
    for network in (generator, Discriminator([1], [1], None)):
        for name, parameter in network.named_parameters():
            nn.init.constant_(parameter, float(name.endswith("weight")))
        outputs = network(torch.tensor([[-2.0], [0.0], [3.0]])).flatten()
        torch.testing.assert_close(outputs, torch.tensor([-0.4, 0.0, 3.0]))


def test_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    generator = Generator(7, [6], [8, 9], batch_norm=True, output="tanh", init_std=None)
    discriminator = Discriminator([6], [8, 9], None)
    discriminator(generator(torch.randn(16, 7))).square().sum().backward()
    for parameter in [*generator.parameters(), *discriminator.parameters()]:
        assert parameter.grad is not None
        assert parameter.grad.abs().max() > 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"latent_dim": 0}, "latent_dim"),
        ({"shape": [1, 0, 28]}, "shape"),
        ({"widths": [8, 0]}, "widths"),
    ],
)
def test_a_size_below_one_is_named(settings: dict, sentence: str) -> None:
    good = {"latent_dim": 7, "shape": [6], "widths": [8], "batch_norm": True, "output": "tanh"}
    good |= {"init_std": None}
    with pytest.raises(ValueError, match=f"{sentence} .* must be at least 1"):
        Generator(**(good | settings))
    if "latent_dim" not in settings:
        with pytest.raises(ValueError, match=f"{sentence} .* must be at least 1"):
            Discriminator(**({"shape": [6], "widths": [8], "init_std": None} | settings))
