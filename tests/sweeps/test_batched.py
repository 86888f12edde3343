"""Runs that are trained at once end as they would have ended alone."""

import copy
import re
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor, nn

from command_line import run_command
from forger.callbacks.gradient_clipping import GradientClipping
from forger.config.load import load
from forger.errors import ForgerError
from forger.gan import GAN
from forger.losses import Relativistic
from forger.networks import mlp
from forger.penalties import R1, GradientPenalty
from forger.runs.curves import read_curves
from forger.runs.folder import read_summary
from forger.sweeps.batched import BatchedRuns
from forger.sweeps.stackable import check_stackable
from forger.terms.path_length import PathLength
from forger.verbs import report
from tiny import LATENT, SHAPE, Images, composed, make_gan, make_trainer, networks

UPDATES = 20


def gan_of(seed: int, **settings: Any) -> GAN:
    """Two multilayer perceptrons with their own weights, noise and learning rates."""
    torch.manual_seed(seed)
    rates = {"generator": 1e-3 * (seed + 1), "discriminator": 2e-3 / (seed + 1)}
    defaults = {
        "generator": mlp.Generator(LATENT, SHAPE, [8, 8], True, "tanh", None),
        "discriminator": mlp.Discriminator(SHAPE, [8, 8], None),
        "optimizer": {
            # A bias that batch normalisation takes away again has a gradient of rounding errors
            # alone, and with a smaller eps Adam would move it as far by them as by anything.
            name: partial(torch.optim.Adam, lr=lr, betas=(0.5, 0.9), eps=1e-3)
            for name, lr in rates.items()
        },
        "penalty": {"r1": R1(gamma=1.0, every=2)},
        "k": 2,
        "ema_halflife": 50,
        "ema_rampup": 0.5,
        "seed": seed,
    }
    return make_gan(**(defaults | settings))


def run_alone(
    folder: Path, gan: GAN, updates: int = UPDATES, callbacks: Sequence[Callback] = ()
) -> GAN:
    make_trainer(folder, updates, callbacks).fit(gan, Images(k=gan.k))
    return gan


def run_together(folder: Path, gans: list[GAN], updates: list[int], *callbacks: Callback) -> None:
    batched = BatchedRuns()

    def job(gan: GAN, updates: int) -> None:
        trainer = make_trainer(folder, updates, copy.deepcopy(callbacks))
        with batched.member(trainer, gan):
            trainer.fit(gan, Images(k=gan.k))

    batched.run([partial(job, gan, n) for gan, n in zip(gans, updates, strict=True)])


def assert_near(one: GAN, other: GAN) -> None:
    """Weights, running statistics, average, and what the optimizers keep."""
    assert one.global_step == other.global_step
    torch.testing.assert_close(dict(one.state_dict()), dict(other.state_dict()), **NEAR)
    for ours, theirs in zip(one.trainer.optimizers, other.trainer.optimizers, strict=True):
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict(), **NEAR)
    torch.testing.assert_close(one.last, other.last, **NEAR)


NEAR: dict[str, Any] = {"rtol": 1e-3, "atol": 2e-5}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss": Relativistic(), "penalty": {}, "k": 1},
        {
            "optimizer": {
                n: partial(torch.optim.SGD, lr=0.02, momentum=0.5)
                for n in ("generator", "discriminator")
            },
            "schedule": {
                "generator": partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.9),
                "discriminator": None,
            },
        },
    ],
)
def test_each_member_equals_its_run_alone(tmp_path: Path, settings: dict[str, Any]) -> None:
    members = [gan_of(seed, **settings) for seed in range(3)]
    start = [gan.generator.layers[0].weight.detach().clone() for gan in members]  # pyright: ignore
    run_together(tmp_path, members, [UPDATES] * 3)
    for seed, gan in enumerate(members):
        assert_near(gan, run_alone(tmp_path, gan_of(seed, **settings)))
        moved = (gan.generator.layers[0].weight - start[seed]).abs().max()  # pyright: ignore
        assert moved > 10 * NEAR["atol"]


class Freeze(Callback):
    """Freezes a part of the discriminator at an update."""

    def __init__(self, update: int, part: str) -> None:
        self.update, self.part = update, part

    def on_train_batch_start(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        if trainer.global_step == self.update:
            gan.discriminator.get_submodule(self.part).requires_grad_(False)


@pytest.mark.parametrize(("update", "part"), [(0, "layers.1"), (5, "layers.1"), (5, "")])
def test_what_is_frozen_stays_so_in_each_member(tmp_path: Path, update: int, part: str) -> None:
    freeze = Freeze(update, part)
    alone = [run_alone(tmp_path, gan_of(seed), callbacks=[freeze]) for seed in (0, 1)]
    members = [gan_of(seed) for seed in (0, 1)]
    run_together(tmp_path, members, [UPDATES, UPDATES], freeze)
    for one, other in zip(alone, members, strict=True):
        assert_near(one, other)


def test_the_state_of_an_augmentation_is_each_members_own(tmp_path: Path) -> None:
    alone, members = (
        [gan_of(s, augment={"a": Fade(s)}, penalty={}) for s in (0, 1)] for _ in range(2)
    )
    for gan in alone:
        run_alone(tmp_path, gan)
    run_together(tmp_path, members, [UPDATES, UPDATES])
    for one, other in zip(alone, members, strict=True):
        assert_near(one, other)


class Fade(nn.Module):
    """Fades examples by a share that follows their mean."""

    share: Tensor

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.register_buffer("share", torch.tensor(0.1 * (1 + seed)))

    def forward(self, x: Tensor) -> Tensor:
        self.share.mul_(0.99).add_(0.001 * x.detach().mean())
        return x * (1 - self.share)


def test_who_has_come_to_its_end_leaves_and_the_others_go_on(tmp_path: Path) -> None:
    members, updates = [gan_of(seed) for seed in range(3)], [12, 20, 20]
    run_together(tmp_path, members, updates)
    for seed, (gan, n) in enumerate(zip(members, updates, strict=True)):
        assert_near(gan, run_alone(tmp_path, gan_of(seed), n))


def in_two_groups(parameters: Iterable[Tensor]) -> torch.optim.Adam:
    first, *others = parameters
    return torch.optim.Adam([{"params": [first]}, {"params": others}])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"discriminator": networks()["discriminator"]}, "discriminator_loss of several GANs"),
        (
            {"penalty": {"gp": GradientPenalty(10.0)}},
            "discriminator_loss of several GANs at once: .* draws random numbers there; give",
        ),
        (
            {"term": {"path_length": PathLength(1.0, 0.9)}},
            "generator_loss of several GANs at once: a .* gradient there by requires_grad_",
        ),
        (
            {"optimizer": dict.fromkeys(("generator", "discriminator"), torch.optim.AdamW)},
            "without weight decay",
        ),
        (
            {"optimizer": dict.fromkeys(("generator", "discriminator"), in_two_groups)},
            "with one group of parameters, not 2",
        ),
    ],
)
def test_what_could_not_equal_a_run_alone_is_refused(
    tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ForgerError, match=sentence):
        run_together(tmp_path, [gan_of(seed, **settings) for seed in range(2)], [2, 2])


class Gamma(Callback):
    """Gives each run a penalty of its own."""

    def on_train_batch_start(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        cast(R1, gan.penalty["r1"]).gamma = 1.0 + gan.seed


def test_a_number_that_a_callback_makes_each_runs_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match="a callback has made those of the runs differ"):
        run_together(tmp_path, [gan_of(0), gan_of(1)], [2, 2], Gamma())


SWEEP = [
    "-m",
    "seed=0,1",
    "optimizer.generator.lr=1e-3,5e-4",
    "experiment=gaussian_1d",
    "~callbacks.densities",
    "schedule=constant",
    "trainer.log_every_n_steps=5",
]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs at once, to 20 updates and no further."""
    folder = tmp_path_factory.mktemp("together")
    arguments = [*SWEEP, "trainer.max_steps=20", "name=all", "+launcher=together"]
    printed = run_command(folder, "train", *arguments)
    assert printed.returncode == 0, printed.stderr
    return folder / "outputs" / "sweeps" / "all"


@pytest.mark.slow
def test_a_sweep_leaves_the_folders_of_its_runs(sweep: Path, tmp_path: Path) -> None:
    jobs = sorted(job for job in sweep.iterdir() if job.is_dir())
    assert [job.name for job in jobs] == [
        "0_seed-0_lr-0.001",
        "1_seed-0_lr-0.0005",
        "2_seed-1_lr-0.001",
        "3_seed-1_lr-0.0005",
    ]
    for job in jobs:
        assert (read_summary(job)["status"], read_summary(job)["updates"]) == ("done", 20)
    config = [*SWEEP[3:], "seed=1", "optimizer.generator.lr=5e-4", "trainer.max_steps=20"]
    printed = run_command(tmp_path, "train", *config, "name=alone")
    assert printed.returncode == 0, printed.stderr
    alone = tmp_path / "outputs" / "runs" / "gaussian_1d" / "alone"
    gans = [load(run / "checkpoints" / "last.ckpt") for run in (jobs[3], alone)]
    torch.testing.assert_close(*(dict(gan.state_dict()) for gan in gans), **NEAR)
    # No checkpoint holds the others' tensors as well.
    sizes = [(run / "checkpoints" / "last.ckpt").stat().st_size for run in (jobs[3], alone)]
    assert sizes[0] < 1.1 * sizes[1]
    curves = [read_curves(run) for run in (jobs[3], alone)]
    for name in [name for name in curves[1] if not name.startswith("time/")]:
        assert curves[0][name] == pytest.approx(curves[1][name], rel=1e-3), name


@pytest.mark.slow
def test_a_report_reads_them(sweep: Path) -> None:
    settings = [f"runs={sweep}", "metric=loss/generator"]
    report.run(composed(*settings, verb="report"))
    lines = (sweep / "report.csv").read_text().splitlines()
    assert len(lines) == 5


@pytest.mark.slow
def test_a_run_of_it_goes_on_alone(sweep: Path) -> None:
    run = sweep / "0_seed-0_lr-0.001"
    printed = run_command(sweep, "train", f"resume={run}", "trainer.max_steps=25")
    assert printed.returncode == 0, printed.stderr
    assert read_summary(run)["updates"] == 25


@pytest.mark.slow
def test_another_architecture_is_refused_in_a_sentence(tmp_path: Path) -> None:
    arguments = ["-m", "model.latent_dim=1,2", "experiment=gaussian_1d", "+launcher=together"]
    printed = run_command(tmp_path, "train", *arguments)
    assert printed.returncode == 2
    assert "and here model.latent_dim differs" in printed.stderr
    assert len(printed.stderr.splitlines()) == 1
    assert not list(tmp_path.rglob("run.json"))


@pytest.mark.slow
def test_two_jobs_of_the_same_settings_are_refused_before_the_first(tmp_path: Path) -> None:
    arguments = ["-m", "seed=0,0", "experiment=gaussian_1d", "+launcher=together"]
    printed = run_command(tmp_path, "train", *arguments)
    assert "has two jobs of the same settings" in printed.stderr
    assert not list(tmp_path.rglob("run.json"))


@pytest.mark.parametrize("kind", ["weight", "gradient"])
def test_what_acts_between_updates_is_refused_whoever_has_it(kind: str) -> None:
    plain, clipped = (
        composed("experiment=gaussian_1d", *more) for more in ([], [f"+callbacks={kind}_clipping"])
    )
    with pytest.raises(ForgerError, match=f"does not work with callbacks.{kind}_clipping"):
        check_stackable([plain, clipped])


class Child(GradientClipping):
    """A callback of one's own."""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("Child", "does not work with callbacks.mine"), ("Nope", "Nope) cannot be imported")],
)
def test_so_is_a_child_of_it_and_a_class_that_is_not_there(name: str, sentence: str) -> None:
    config = composed("experiment=gaussian_1d", f"+callbacks.mine._target_={__name__}.{name}")
    with pytest.raises(ForgerError, match=re.escape(sentence)):
        check_stackable([config])


def test_spectral_normalisation_is_named_where_it_is_the_reason() -> None:
    settings = ["generator=mlp", "discriminator=resnet", "seed=null"]
    with pytest.raises(ForgerError, match=r"spectral normalisation of discriminator.*=false"):
        check_stackable([composed(*settings)] * 2)
    check_stackable([composed(*settings, "discriminator.spectral_norm=false")] * 2)
