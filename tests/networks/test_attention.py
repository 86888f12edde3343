import torch
from torch import nn

from forger.networks.attention import SelfAttention
from forger.networks.resnet import Discriminator, Generator


def test_at_first_features_pass_unchanged() -> None:
    x = torch.randn(2, 16, 5, 3)
    assert torch.equal(SelfAttention(16)(x), x)


def test_each_place_takes_from_all_places_by_the_softmax_of_their_likeness() -> None:
    attention = SelfAttention(16)
    nn.init.constant_(attention.gamma, 0.7)
    x = torch.randn(2, 16, 5, 3)
    parts = {
        name: nn.functional.conv2d(x, layer.weight, layer.bias).flatten(2)
        for name, layer in attention.named_children()
        if isinstance(layer, nn.Conv2d) and name != "out"
    }
    expected = torch.zeros_like(x).flatten(2)
    for i in range(2):
        for j in range(15):
            scores = torch.stack(
                [parts["key"][i, :, k] @ parts["query"][i, :, j] for k in range(15)]
            )
            taken = parts["value"][i] @ scores.softmax(0)
            weight, bias = attention.out.weight.flatten(1), attention.out.bias
            assert bias is not None
            expected[i, :, j] = x.flatten(2)[i, :, j] + 0.7 * (weight @ taken + bias)
    torch.testing.assert_close(attention(x).flatten(2), expected)


def test_a_residual_pair_with_attention_starts_as_the_one_without() -> None:
    networks = []
    for attention in (False, True):
        torch.manual_seed(0)
        networks.append(Generator(7, [3, 28, 20], 8, 1.0, attention).eval())
    plain, attending = networks
    kept = [
        p
        for name, p in attending.named_parameters()
        if not isinstance(owner(attending, name), SelfAttention)
    ]
    for mine, others in zip(kept, plain.parameters(), strict=True):
        mine.data.copy_(others)
    z = torch.randn(3, 7)
    torch.testing.assert_close(attending(z), plain(z))


def owner(network: nn.Module, parameter: str) -> nn.Module | None:
    """The self-attention that a parameter belongs to, or None."""
    for name, module in network.named_modules():
        if isinstance(module, SelfAttention) and parameter.startswith(name):
            return module
    return None


def test_every_weight_learns_once_gamma_has_moved() -> None:
    generator = Generator(7, [1, 28, 28], 8, 1.0, attention=True)
    discriminator = Discriminator([1, 28, 28], 8, True, 1.0, attention=True)
    for network in (generator, discriminator):
        for module in network.modules():
            if isinstance(module, SelfAttention):
                nn.init.ones_(module.gamma)
    discriminator(generator(torch.randn(8, 7))).square().sum().backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            # Of a softmax, what is the same for all keys has no slope.
            if not name.endswith("key.bias"):
                assert parameter.grad is not None, name
                assert parameter.grad.abs().max() > 0, name
