import copy

import pytest
import torch
from torch import nn

from forger.errors import ForgerError
from forger.networks import dcgan, mlp, resnet, subpixel
from forger.networks.conditional_batch_norm import ConditionalBatchNorm, Generator

SHAPE = [3, 28, 20]
LABELS = torch.tensor([0, 1, 2, 0])
BODIES = {
    "dcgan": lambda: dcgan.Generator(5, SHAPE, 2, 0.02),
    "subpixel": lambda: subpixel.Generator(5, SHAPE, 2, 0.02),
    "resnet": lambda: resnet.Generator(5, SHAPE, 2, 1.0),
    "mlp": lambda: mlp.Generator(5, SHAPE, [8, 8], True, "tanh", None),
}


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("body", BODIES)
def test_all_classes_start_as_the_body(body: str, mode: bool) -> None:
    plain = BODIES[body]()
    network = Generator(copy.deepcopy(plain), classes=3).train(mode)
    z = torch.randn(4, 5)
    images = network(z, LABELS)
    assert list(images.shape) == [4, *SHAPE]
    assert network.value_range == plain.value_range
    torch.testing.assert_close(images, plain.train(mode)(z))


def test_each_class_is_scaled_and_moved_by_its_own_row() -> None:
    norm = ConditionalBatchNorm(nn.BatchNorm2d(2), classes=3)
    nn.init.normal_(norm.gain)
    nn.init.normal_(norm.bias)
    norm.label = LABELS
    x = torch.randn(4, 2, 3, 5)
    plain = nn.BatchNorm2d(2, affine=False)(x)
    expected = [
        norm.gain[c, :, None, None] * plain[i] + norm.bias[c, :, None, None]
        for i, c in enumerate(LABELS.tolist())
    ]
    torch.testing.assert_close(norm(x), torch.stack(expected))


def test_the_class_alone_changes_the_image_and_every_weight_learns() -> None:
    network = Generator(BODIES["dcgan"](), classes=3)
    for norm in network.norms():
        nn.init.normal_(norm.gain)
        nn.init.normal_(norm.bias)
    images = network.eval()(torch.randn(1, 5).expand(4, 5), LABELS)
    assert torch.equal(images[0], images[3])
    assert not torch.equal(images[0], images[1])
    network.train()(torch.randn(4, 5), LABELS).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_a_body_without_batch_normalisation_is_refused() -> None:
    with pytest.raises(ForgerError, match="has no batch normalisation that could take the class"):
        Generator(mlp.Generator(5, SHAPE, [8], False, "tanh", None), classes=3)
