"""On the smallest of GANs, whose equilibrium is known (Mescheder et al. 2018, the Dirac-GAN)."""

from functools import partial
from pathlib import Path

import pytest
import torch

from forger.data.toys import Gaussian1D
from forger.gan import GAN
from forger.losses import Wasserstein
from forger.models.extragradient import Extragradient
from forger.models.simultaneous import Simultaneous
from forger.networks import dirac
from tiny import make_gan, train


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
        generator=dirac.Generator(initial=1),
        discriminator=dirac.Discriminator(initial=1),
        loss=Wasserstein(),
        optimizer={"generator": sgd, "discriminator": sgd},
        latent_dim=1,
    )
    zeros = Gaussian1D(mean=0, std=0, size=8, shape=[1], batch_size=2, seed=0)
    train(tmp_path, gan, max_steps=400, data=zeros)
    distance = sum(p.square().sum().item() for p in gan.parameters())
    assert distance == pytest.approx(2 * growth**400, rel=1e-3)
