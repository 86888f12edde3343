from functools import partial

import pytest
import torch
from torch import nn

from forger.errors import ForgerError
from forger.latent_space.directions import principal
from forger.networks import conditional, dcgan, maxout, mlp
from tiny import LATENT, SHAPE

GENERATORS = {
    "mlp": mlp.Generator(LATENT, SHAPE, [8, 8], True, "tanh", None),
    "maxout": maxout.Generator(LATENT, SHAPE, [8, 8], init=0.5),
    "dcgan": dcgan.Generator(LATENT, [1, 8, 8], width=2, init_std=0.5),
    "conditional": conditional.Generator(
        partial(maxout.Generator, shape=SHAPE, widths=[8, 8], init=0.5), LATENT, 10, embedding=4
    ),
}


def linear(weight: torch.Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data = weight
    return layer


def test_directions_of_a_known_weight_are_its_right_singular_vectors() -> None:
    left, right = (torch.linalg.qr(torch.randn(n, n).double()).Q for n in (5, 3))
    weight = left[:, :3] @ torch.diag(torch.tensor([4.0, 2.0, 1.0]).double()) @ right.T
    directions, strengths = principal(linear(weight.float()), latent_dim=3)
    torch.testing.assert_close(strengths, torch.tensor([4.0, 2.0, 1.0]))
    signs = (directions * right.T.float()).sum(1, keepdim=True).sign()
    torch.testing.assert_close(directions * signs, right.T.float(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", GENERATORS)
def test_no_step_moves_a_generators_first_layer_farther_than_the_first_direction(name: str) -> None:
    generator = GENERATORS[name]
    first = next(m for m in generator.modules() if isinstance(m, nn.Linear))
    weight = first.weight.detach()[:, :LATENT]  # a class's embedding stands behind z
    directions, strengths = principal(generator, LATENT)
    torch.testing.assert_close(directions @ directions.T, torch.eye(LATENT))
    torch.testing.assert_close((weight @ directions.T).norm(dim=0), strengths)
    steps = nn.functional.normalize(torch.randn(1000, LATENT), dim=1)
    assert (weight @ steps.T).norm(dim=0).max() <= strengths[0] * (1 + 1e-5)


def test_the_sign_is_that_of_the_largest_coordinate() -> None:
    weight = torch.randn(6, 4)
    one, other = (principal(linear(w), 4)[0] for w in (weight, -weight))
    torch.testing.assert_close(one, other)
    assert (one.gather(1, one.abs().argmax(1, keepdim=True)) > 0).all()


@pytest.mark.parametrize(
    "generator",
    [
        nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 4)),
        nn.ConvTranspose2d(4, 2, 4),
        nn.Linear(3, 4),
        nn.Tanh(),
    ],
)
def test_another_first_layer_is_refused_by_name(generator: nn.Module) -> None:
    with pytest.raises(ForgerError, match=r"must be a torch.nn.Linear on the 4 coordinates of z"):
        principal(generator, 4)
