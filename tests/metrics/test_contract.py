"""What holds for every metric, with the shipped evaluator."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from forger.metrics.classes import Classes
from forger.metrics.clipped import Clipped
from forger.metrics.density_coverage import DensityCoverage
from forger.metrics.frechet import Frechet
from forger.metrics.gan_train import GanTrain
from forger.metrics.kernel import Kernel
from forger.metrics.mind import Mind
from forger.metrics.nearest import Nearest
from forger.metrics.one_neighbour import OneNeighbour
from forger.metrics.parzen import Parzen
from forger.metrics.precision_recall import PrecisionRecall
from forger.metrics.samples import Samples
from forger.metrics.score import Score

METRICS = [
    Classes(),
    Clipped(5),
    DensityCoverage(),
    Frechet(),
    GanTrain(1, 0),
    Kernel(subsets=10, subset_size=100),
    Mind(100, 0),
    Nearest(),
    OneNeighbour(),
    Parzen(),
    PrecisionRecall(),
    Score(),
]
LABELS = torch.arange(120) % 10
each = pytest.mark.parametrize("metric", METRICS, ids=lambda m: type(m).__name__)


@pytest.fixture(scope="module")
def sets(strokes) -> dict[str, Tensor]:
    return {name: strokes(120, i) for i, name in enumerate(["fake", "real", "train", "validation"])}


@pytest.fixture(scope="module")
def scores(evaluator, sets) -> Callable[..., dict[str, float]]:
    def call(metric, batch_size=500, **replaced):
        samples = {
            k: Samples(v, evaluator, LABELS, batch_size) for k, v in (sets | replaced).items()
        }
        return metric(
            samples["fake"],
            samples["real"],
            train=samples["train"],
            validation=samples["validation"],
        )

    return call


@each
def test_returns_plain_numbers(metric, scores):
    assert all(type(k) is str and type(v) in (int, float) for k, v in scores(metric).items())


@each
def test_leaves_the_random_state_alone(metric, scores):
    before = torch.get_rng_state()
    scores(metric)
    assert torch.get_rng_state().equal(before)


@each
def test_does_not_depend_on_the_random_state(metric, scores):
    first = scores(metric)
    torch.rand(1)
    assert scores(metric) == first


@each
def test_does_not_depend_on_the_batch_size(metric, scores):
    assert scores(metric, batch_size=50) == pytest.approx(scores(metric), rel=1e-3, abs=1e-5)


@pytest.mark.parametrize(
    ("metric", "key", "better"),
    [
        (Frechet(), "fid", "low"),
        (Kernel(subsets=10, subset_size=100), "kid", "low"),
        (Mind(100, 0), "mind", "low"),
        (OneNeighbour(), "one_nn", "low"),
        (Clipped(5), "clipped_density", "high"),
        (Clipped(5), "clipped_coverage", "high"),
        (PrecisionRecall(), "precision", "high"),
        (DensityCoverage(), "density", "high"),
        (DensityCoverage(), "coverage", "high"),
        (Nearest(), "nearest_ratio", "low"),
        (Parzen(), "parzen", "high"),
    ],
)
def test_worse_the_noisier_the_fakes(metric, key, better, scores, sets):
    noise = torch.randn(sets["fake"].shape, generator=torch.Generator().manual_seed(0))
    values = [
        scores(metric, fake=(sets["fake"] + s * noise).clamp(0, 255).to(torch.uint8))[key]
        for s in (0, 20, 40, 80)
    ]
    assert values == sorted(values, reverse=better == "high")
    assert values[0] != values[-1]
