"""On the smallest of GANs, whose equilibrium is known (Mescheder et al. 2018, the Dirac-GAN)."""

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.gan import GAN
from forger.losses import Wasserstein
from forger.models.extragradient import Extragradient
from forger.models.simultaneous import Simultaneous
from tiny import make_gan, train


class Point(nn.Module):
    """A generator of one number, whatever z is."""

    value_range = None

    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.ones(1))

    def forward(self, z: Tensor) -> Tensor:
        return self.theta.expand(len(z), 1)


class Slope(nn.Module):
    """A discriminator psi x."""

    def __init__(self) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return (self.psi * x).squeeze(1)


class Zeros(InMemory):
    """Data that are 0."""

    def __init__(self) -> None:
        super().__init__(shape=[1], batch_size=2, seed=0)

    def load(self) -> dict[str, Split]:
        split = Split(torch.zeros(8, 1), torch.zeros(8, dtype=torch.int64))
        return {"train": split, "validation": split, "test": split}


@pytest.mark.parametrize(
    ("model", "growth"), [(Simultaneous, 1 + 0.1**2), (Extragradient, (1 - 0.1**2) ** 2 + 0.1**2)]
)
def test_simultaneous_steps_lead_away_and_extragradient_to_the_equilibrium(
    tmp_path: Path, model: type[GAN], growth: float
) -> None:
    """By how much the squared distance from (0, 0) grows in a step of rate 0.1, by hand."""
    sgd = partial(torch.optim.SGD, lr=0.1)
    gan = make_gan(
        model,
        generator=Point(),
        discriminator=Slope(),
        loss=Wasserstein(),
        optimizer={"generator": sgd, "discriminator": sgd},
        latent_dim=1,
    )
    train(tmp_path, gan, max_steps=400, data=Zeros())
    distance = sum(p.square().sum().item() for p in gan.parameters())
    assert distance == pytest.approx(2 * growth**400, rel=1e-3)
