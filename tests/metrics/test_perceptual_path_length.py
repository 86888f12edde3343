"""Perceptual path length against what is known of linear generators."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from forger.errors import ForgerError
from forger.gan import GAN
from forger.latents import sample_prior_by_index
from forger.metrics.perceptual_path_length import PerceptualPathLength
from forger.metrics.samples import Samples
from tiny import make_gan


class Linear(nn.Module):
    """G(z) = factor A z, points or, through a sigmoid, images of 28 x 28."""

    def __init__(self, factor: float, images: bool = False) -> None:
        super().__init__()
        self.map = nn.Linear(4, 784 if images else 2, bias=False)
        nn.init.normal_(self.map.weight, generator=torch.Generator().manual_seed(0))
        self.factor = factor
        self.images = images
        self.value_range = (0.0, 1.0) if images else None

    def forward(self, z: Tensor) -> Tensor:
        y = self.factor * self.map(z)
        return y.sigmoid().view(-1, 1, 28, 28) if self.images else y


def gan_of(generator: nn.Module) -> GAN:
    return make_gan(generator=generator, latent_dim=4)


def ppl(gan: GAN, evaluator: Any, n: int = 99, **settings: Any) -> float:
    given: dict[str, Any] = {"epsilon": 1e-4, "path": "linear", "seed": 0} | settings
    fake = Samples(gan.sample(8, 0), evaluator, gan=gan)
    metric = PerceptualPathLength(n, **given)
    return metric(fake, fake, train=fake, validation=fake)["ppl"]


def test_of_a_linear_generator_of_points_it_is_the_square_of_the_path() -> None:
    generator = Linear(1.0)
    a, b = sample_prior_by_index(gan_of(generator).prior, 198, 4, 0).chunk(2)
    squares = (generator.map(b) - generator.map(a)).square().sum(1)
    assert ppl(gan_of(generator), None) == pytest.approx(squares.mean().item(), rel=1e-3)


def test_the_ends_are_left_out() -> None:
    generator = Linear(1.0)
    a, b = sample_prior_by_index(gan_of(generator).prior, 400, 4, 0).chunk(2)
    squares = (generator.map(b) - generator.map(a)).square().sum(1).sort().values
    assert ppl(gan_of(generator), None, n=200) == pytest.approx(squares[2:-2].mean().item(), 1e-3)


@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_images_that_change_faster_have_longer_paths(evaluator, path: str) -> None:
    lengths = [
        ppl(gan_of(Linear(factor, images=True)), evaluator, path=path)
        for factor in (0.0, 0.01, 0.1)
    ]
    assert lengths[0] == 0
    assert lengths == sorted(lengths)
    assert lengths[1] > 0


def test_a_tenth_of_the_step_gives_nearly_the_same(evaluator) -> None:
    gan = gan_of(Linear(0.1, images=True))
    assert ppl(gan, evaluator, epsilon=1e-3) == pytest.approx(ppl(gan, evaluator), rel=0.02)


def test_mode_and_random_state_are_left_as_they_were() -> None:
    gan = gan_of(Linear(1.0))
    gan.train()
    before = torch.get_rng_state()
    ppl(gan, None)
    assert gan.generator.training
    assert torch.get_rng_state().equal(before)


def test_examples_that_no_generator_makes_have_none(evaluator, measure: Callable) -> None:
    fake = Samples(torch.zeros(8, 1, 28, 28, dtype=torch.uint8), evaluator)
    assert math.isnan(measure(PerceptualPathLength(10, 1e-4, "linear", 0), fake, fake)["ppl"])


@pytest.mark.parametrize("settings", [{"n": 0}, {"epsilon": 0.0}])
def test_what_is_not_positive_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ForgerError):
        PerceptualPathLength(**({"n": 1, "epsilon": 1e-4, "path": "linear", "seed": 0} | settings))
