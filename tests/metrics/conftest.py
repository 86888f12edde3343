"""Small images and ready-made features to measure."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from forger.metrics.evaluator import SHIPPED, Evaluator, load
from forger.metrics.samples import Samples


@pytest.fixture(scope="session")
def shipped() -> Path:
    return SHIPPED / "mnist.safetensors"


@pytest.fixture(scope="session")
def evaluator(shipped: Path) -> Evaluator:
    return load(shipped)


@pytest.fixture(scope="session")
def strokes() -> Callable[..., Tensor]:
    """Images of two soft crossing strokes each, uint8 (n, 1, 28, 28)."""

    def draw(n: int, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        ends = 4 + 20 * torch.rand(n, 2, 2, 1, 2, generator=generator, dtype=torch.float64)
        along = torch.linspace(0, 1, 20, dtype=torch.float64)[:, None]
        points = (ends[:, :, 0] * (1 - along) + ends[:, :, 1] * along).flatten(1, 2)
        grid = torch.cartesian_prod(torch.arange(28.0), torch.arange(28.0)).double()
        ink = torch.exp(-torch.cdist(points, grid.expand(n, -1, -1)).square() / 2).amax(1)
        return (255 * ink).to(torch.uint8).reshape(n, 1, 28, 28)

    return draw


@pytest.fixture(scope="session")
def given() -> Callable[..., Samples]:
    """Samples with features or probabilities as told."""

    def make(features: Tensor | None = None, probabilities: Tensor | None = None) -> Samples:
        told = features if features is not None else probabilities
        assert told is not None
        samples = Samples(torch.zeros(len(told), 1, 4, 4, dtype=torch.uint8), Evaluator())
        if features is not None:
            samples.features = features.float()
        if probabilities is not None:
            samples.probabilities = probabilities.float()
        return samples

    return make


@pytest.fixture(scope="session")
def measure() -> Callable[..., dict[str, float]]:
    """Call a metric that needs no more than fakes and real images."""

    def call(metric: Callable[..., dict[str, float]], fake: Samples, real: Samples):
        return metric(fake, real, train=real, validation=real)

    return call
