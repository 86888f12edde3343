from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger

from forger.callbacks.grid import SampleGrid
from forger.callbacks.measure import Measure
from forger.callbacks.scatter import Scatter
from forger.data.toys import Mixture, ring
from forger.errors import ForgerError
from forger.figures.scatter import scatter
from forger.metrics import mixture
from forger.metrics.frechet import Frechet
from forger.networks import mlp
from tiny import LATENT, Images, events, make_gan, train


def points() -> Mixture:
    return Mixture(centres=ring(8, 1.0), std=0.01, size=64, shape=[2], batch_size=8, seed=0)


def small_gan():
    torch.manual_seed(0)
    return make_gan(
        generator=mlp.Generator(LATENT, [2], [8], False, "identity", None),
        discriminator=mlp.Discriminator([2], [8], None),
    )


def test_points_are_drawn_at_the_start_regularly_and_at_the_end(tmp_path: Path) -> None:
    gan, drawn = small_gan(), Scatter(n=20, every_n_updates=4, seed=5)
    logger = TensorBoardLogger(tmp_path, name="", version="")
    train(tmp_path, gan, 6, [drawn], points(), logger=logger)
    assert [image.step for image in events(tmp_path).Images("samples")] == [0, 4, 6]
    file = torch.from_numpy(np.array(Image.open(tmp_path / "samples.png"))).permute(2, 0, 1)
    assert torch.equal(file, scatter(gan.sample(20, seed=5), drawn.data))


def test_images_are_refused() -> None:
    with pytest.raises(ForgerError, match=r"~callbacks\.scatter \+callbacks=grid"):
        Scatter(1, 1, 0).check(make_gan(), Images())


def test_a_grid_draws_points_too(tmp_path: Path) -> None:
    gan, grid = small_gan(), SampleGrid(rows=2, columns=3, every_n_updates=100, seed=5)
    train(tmp_path, gan, 2, [grid], points())
    file = torch.from_numpy(np.array(Image.open(tmp_path / "samples.png"))).permute(2, 0, 1)
    assert torch.equal(file, scatter(gan.sample(6, seed=5), grid.data))


def test_points_are_measured_without_an_evaluator(tmp_path: Path) -> None:
    metrics = {"frechet": Frechet(), "mixture": mixture.Mixture(ring(8, 1.0), 0.01)}
    measure = Measure(metrics, every_n_updates=2, n=50, seed=0)
    values = train(tmp_path, small_gan(), 2, [measure], points()).callback_metrics
    assert {"metric/fid", "metric/modes", "metric/high_quality"} <= values.keys()
    assert values["metric/modes"] + values["metric/missing"] == 8
