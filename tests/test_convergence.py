"""The game is played to its end where the end is known: a Gaussian on a line, a ring of modes."""

from pathlib import Path

import pytest
import torch

from forger.config.build import build, build_data, instantiate_node
from forger.metrics.samples import Samples
from tiny import composed, make_trainer


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_gaussian_is_learned_and_the_discriminator_ends_undecided(
    tmp_path: Path, seed: int
) -> None:
    config = composed("experiment=gaussian_1d", f"seed={seed}")
    gan, data = build(config), build_data(config)
    make_trainer(tmp_path, config.trainer.max_steps).fit(gan, datamodule=data)

    points = gan.sample(10_000, seed=123)
    assert points.mean().item() == pytest.approx(config.data.mean, abs=0.08)
    assert points.std().item() == pytest.approx(config.data.std, rel=0.06)
    # Shares below the quartiles and below the outer deciles of the truth, so not any two moments.
    standard = torch.distributions.Normal(config.data.mean, config.data.std)
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        threshold = standard.icdf(torch.tensor(share))
        assert (points < threshold).float().mean().item() == pytest.approx(share, abs=0.03)

    gan.eval()
    with torch.no_grad():
        probability = gan.discriminator(data.splits["test"].examples).sigmoid()
    assert (probability - 0.5).abs().mean().item() < 0.02


LOSSES = [
    "minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic",
    "relativistic_average", "label_smoothing", "f_divergence",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "choice",
    [
        *([f"loss={loss}", "penalty=r1"] for loss in LOSSES),
        ["penalty=r2"],
        ["penalty=[r1,r2]"],
        # With so rare a penalty the samples circle for longer.
        ["penalty=r1", "penalty.r1.every=4", "trainer.max_steps=800"],
    ],
    ids=" ".join,
)
def test_every_objective_finds_the_gaussian(tmp_path: Path, choice: list[str]) -> None:
    # Over so few updates the experiment's own average would lag behind the generator.
    short = ["trainer.max_steps=500", "model.ema_halflife=10000"]
    config = composed("experiment=gaussian_1d", *short, *choice)
    gan, data = build(config), build_data(config)
    start = gan.sample(5000, seed=123)
    make_trainer(tmp_path, config.trainer.max_steps).fit(gan, datamodule=data)
    points = gan.sample(5000, seed=123)
    assert abs(start.mean().item() - config.data.mean) > 3
    assert points.mean().item() == pytest.approx(config.data.mean, abs=0.7)
    assert points.std().item() == pytest.approx(config.data.std, abs=0.35)


@pytest.mark.slow
def test_all_modes_of_a_ring_are_found(tmp_path: Path) -> None:
    small = ["generator.widths=[64,64,64,64]", "discriminator.widths=[64,64]", "data.size=20000"]
    config = composed("experiment=ring", "trainer.max_steps=800", *small)
    gan, data = build(config), build_data(config)
    make_trainer(tmp_path, config.trainer.max_steps).fit(gan, datamodule=data)
    fake = Samples(gan.sample(2500, seed=123), None)
    scores = instantiate_node(config, "metrics")["mixture"](fake, fake, train=fake, validation=fake)
    assert scores["modes"] == 8
    # A generator that knew the circle alone would hit a tenth, since the modes are so small.
    assert scores["high_quality"] > 0.5
