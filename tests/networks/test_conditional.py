from functools import partial

import pytest
import torch

from forger.networks import dcgan, mlp
from forger.networks.conditional import Concatenating, Generator, Projection

SHAPE = [1, 28, 28]
LABELS = torch.tensor([0, 1, 2, 0])


def generator() -> Generator:
    body = partial(dcgan.Generator, shape=SHAPE, width=2, init_std=0.02)
    return Generator(body, latent_dim=5, classes=3, embedding=4)


def concatenating() -> Concatenating:
    body = partial(dcgan.Discriminator, width=2, batch_norm=False, init_std=0.02)
    return Concatenating(body, SHAPE, classes=3)


def projection() -> Projection:
    network = Projection(dcgan.Discriminator(SHAPE, 2, False, 0.02), classes=3)
    torch.nn.init.normal_(network.embedding.weight)
    return network


def test_the_class_alone_changes_the_image() -> None:
    network = generator().eval()
    z = torch.randn(1, 5).expand(4, 5)
    images = network(z, LABELS)
    assert images.shape == (4, *SHAPE)
    assert network.value_range == (-1.0, 1.0)
    assert torch.equal(images[0], images[3])
    assert not torch.equal(images[0], images[1])


@pytest.mark.parametrize("make", [concatenating, projection])
def test_the_class_alone_changes_the_logit(make) -> None:
    logits = make()(torch.randn(1, *SHAPE).expand(4, -1, -1, -1), LABELS).detach()
    assert logits.shape == (4,)
    assert logits[0] == pytest.approx(logits[3].item())
    assert logits[0] != pytest.approx(logits[1].item(), rel=1e-4)


def test_projection_adds_the_classes_direction_to_the_bodys_logit() -> None:
    body = mlp.Discriminator([6], [8, 9], None)
    network = Projection(body, classes=3)
    x = torch.randn(4, 6)
    torch.testing.assert_close(network(x, LABELS), body(x))
    torch.nn.init.normal_(network.embedding.weight)
    features = body.layers[:-1](x)
    expected = [body(x)[i] + network.embedding.weight[LABELS[i]] @ features[i] for i in range(4)]
    torch.testing.assert_close(network(x, LABELS), torch.stack(expected))


@pytest.mark.parametrize("make", [generator, concatenating, projection])
def test_every_weight_learns(make) -> None:
    network = make()
    x = torch.randn(4, 5) if make is generator else torch.randn(4, *SHAPE)
    network(x, LABELS).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
