import math
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor
from torchvision import datasets

from forger.callbacks.best import Best
from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.callbacks.measure import Measure
from forger.data.mnist import MNIST
from forger.errors import ForgerError
from forger.metrics.classes import Classes
from forger.metrics.frechet import Frechet
from forger.metrics.inception import Inception
from forger.metrics.kernel import Kernel
from forger.metrics.labels import Labels
from forger.metrics.nearest import Nearest
from forger.metrics.samples import Samples
from forger.networks import maxout
from tiny import LATENT, Images, events, make_gan, same, train

SHAPE = [1, 28, 28]


def digits(validation_size: int = 10_000) -> MNIST:
    shape, name = SHAPE, "mnist"
    return MNIST(
        dataset=datasets.MNIST,
        root=Path(),
        validation_size=validation_size,
        shape=shape,
        batch_size=8,
        seed=0,
        evaluator=name,
        classes=10,
    )


def small_gan(**settings: object):
    torch.manual_seed(0)
    return make_gan(
        generator=maxout.Generator(LATENT, SHAPE, [8], init=0.5),
        discriminator=maxout.Discriminator(SHAPE, [8], 2, 0.5, 0.5, init=0.1),
        ema_halflife=50,
        **settings,
    )


def measure(every: int = 2) -> Measure:
    return Measure({"frechet": Frechet(), "classes": Classes()}, every, n=40, seed=0)


def test_measuring_leaves_the_training_trajectory_bitwise_as_it_was(tmp_path: Path) -> None:
    with_, without = small_gan(), small_gan()
    data = digits()
    train(tmp_path / "a", with_, 6, [measure(every=1)], data)
    train(tmp_path / "b", without, 6, [], data)
    assert same(dict(with_.state_dict()), dict(without.state_dict()))
    assert same(optimizer_states(with_), optimizer_states(without))


def optimizer_states(gan) -> list[dict[str, Tensor]]:
    return [optimizer.state_dict()["state"] for optimizer in gan.trainer.optimizers]


def test_metrics_reach_tensorboard_at_the_clocks_time_and_the_best_checkpoint(
    tmp_path: Path,
) -> None:
    best = ModelCheckpoint(
        tmp_path, "best", monitor="metric/fid", every_n_train_steps=2, enable_version_counter=False
    )
    logger = TensorBoardLogger(tmp_path, name="", version="", default_hp_metric=False)
    settings = {"logger": logger, "enable_checkpointing": True}
    train(tmp_path, small_gan(), 6, [Curves(2), measure(), best], digits(), **settings)
    points = events(tmp_path).Scalars("metric/fid")
    assert [point.step for point in points] == [2, 4, 6]
    lowest = min(points, key=lambda point: point.value)
    saved = torch.load(tmp_path / "best.ckpt", weights_only=True)
    assert saved["global_step"] == lowest.step


def test_the_end_is_measured_once_whenever_it_comes(tmp_path: Path) -> None:
    for updates in (5, 6):
        folder = tmp_path / str(updates)
        logger = TensorBoardLogger(folder, name="", version="", default_hp_metric=False)
        train(folder, small_gan(), updates, [measure(every=3)], digits(), logger=logger)
        steps = [point.step for point in events(folder).Scalars("metric/fid")]
        assert steps == [3, updates]


class Quick(Inception):
    """Inception's distance without its weights."""

    def __call__(self, *_: Any, **__: Any) -> dict[str, float]:
        return {"inception_fid": 1.0}


def test_a_distance_in_more_features_than_there_are_images_comes_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = {"inception": Quick(None), "nearest": Nearest(10)}
    train(tmp_path, small_gan(), 1, [Measure(metrics, 1, 100, seed=0)], digits())
    (told,) = [x for x in capsys.readouterr().out.splitlines() if x.startswith("metrics")]
    assert "100 samples and " in told
    assert "too few for a Fréchet distance in 2048 features" in told
    assert "give callbacks.measure.n=2049 or more, and at least 2049 validation examples" in told


class Broken(Callback):
    """Fails once, at an update, before or after what was measured there is looked at."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            raise IndexError


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("step", [4, 5])
def test_a_run_that_failed_at_its_measurement_has_the_same_curve_and_best_when_it_goes_on(
    tmp_path: Path, step: int, first: bool
) -> None:
    def go(folder: Path, *signature_errors: Callback, ckpt: Path | None = None) -> None:
        logger = TensorBoardLogger(folder, name="", version="", default_hp_metric=False)
        callbacks = [measure(), Best("metric/fid"), Checkpoint(100, None, keep_all=False)]
        callbacks[0 if first else 1 : 0] = signature_errors
        train(folder, small_gan(), 5, callbacks, digits(), ckpt, logger=logger)

    class End(Broken):
        def on_train_end(self, trainer: Trainer, *_: object) -> None:
            self.on_train_batch_end(trainer)

    last = tmp_path / "cut" / "checkpoints" / "last.ckpt"
    with pytest.raises(IndexError):
        go(tmp_path / "cut", Broken(4) if step == 4 else End(5))
    assert torch.load(last, weights_only=True)["global_step"] == step
    go(tmp_path / "cut", ckpt=last)
    go(tmp_path / "whole")
    cut, whole = (
        [(p.step, p.value) for p in events(tmp_path / name).Scalars("metric/fid")]
        for name in ("cut", "whole")
    )
    assert [step for step, _ in whole] == [2, 4, 5]
    assert cut == whole
    best, also = (
        torch.load(tmp_path / name / "checkpoints" / "best.ckpt", weights_only=True)
        for name in ("cut", "whole")
    )
    assert best["global_step"] == also["global_step"]
    assert same(best["state_dict"], also["state_dict"])


@pytest.mark.parametrize("updates", [4, 5])
def test_no_kill_comes_between_a_measurement_and_its_checkpoint_and_what_follows(
    tmp_path: Path, updates: int
) -> None:
    known = []

    class Look(Callback):
        """Sees what a run would go on from that is killed at the end, or right after its start."""

        def on_train_end(self, trainer: Trainer, *_: object) -> None:
            states = torch.load(last, weights_only=True)["callbacks"]
            known.append(states["Measure"]["measured"])

        def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
            if last.exists():
                self.on_train_end(trainer)

    last = tmp_path / "checkpoints" / "last.ckpt"
    for first, ckpt in ((Broken(4), None), (Look(), last)):
        callbacks = [first, measure(), Checkpoint(100, None, keep_all=False)]
        with pytest.raises(IndexError) if ckpt is None else nullcontext():
            train(tmp_path, small_gan(), updates, callbacks, digits(), ckpt)
    # At update 4 the measurement is made up for; 5 is the end.
    assert known == [4, 5][: updates - 3]


def test_a_run_shorter_than_the_interval_has_a_best_state(tmp_path: Path) -> None:
    callbacks = [measure(100), Best("metric/fid"), Checkpoint(100, None, keep_all=False)]
    train(tmp_path, small_gan(), 3, callbacks, digits())
    best, last = (
        torch.load(tmp_path / "checkpoints" / f"{name}.ckpt", weights_only=True)
        for name in ("best", "last")
    )
    assert best["global_step"] == 3
    assert best["callbacks"] == last["callbacks"]


def test_a_generator_that_stands_still_has_a_flat_curve(tmp_path: Path) -> None:
    still = dict.fromkeys(("generator", "discriminator"), lambda p: torch.optim.SGD(p, lr=0.0))
    gan = small_gan(optimizer=still)
    logger = TensorBoardLogger(tmp_path, name="", version="", default_hp_metric=False)
    train(tmp_path, gan, 3, [measure(every=1)], digits(), logger=logger)
    values = [point.value for point in events(tmp_path).Scalars("metric/fid")]
    assert values == values[:1] * 3


def test_data_without_an_evaluator_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=r"^metrics\.frechet: these data have no evaluator"):
        train(tmp_path, make_gan(), 1, [measure()], Images())


def test_data_without_validation_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=r"data\.validation_size"):
        train(tmp_path, small_gan(), 1, [measure()], digits(validation_size=0))


def test_a_generator_that_is_not_finite_has_no_numbers_though_its_pixels_have() -> None:
    gan, data, measuring = small_gan(), digits(), measure()
    data.setup()
    trainer = SimpleNamespace(datamodule=data)
    measuring.on_fit_start(trainer, gan)  # pyright: ignore[reportArgumentType]
    assert all(map(math.isfinite, measuring.measure(gan).values()))
    next(gan.sampling_generator.parameters()).data.fill_(math.nan)
    assert all(map(math.isnan, measuring.measure(gan).values()))


def spread(fake: Samples, real: Samples, **_: Samples) -> dict[str, Tensor]:
    return {"spread": fake.images.float().std()}


def test_a_metric_that_needs_no_evaluator_needs_none(tmp_path: Path) -> None:
    measuring = Measure({"nearest": Nearest(10), "spread": spread}, 2, n=8, seed=0)  # pyright: ignore
    trainer = train(tmp_path, make_gan(), 2, [measuring], Images())
    assert {"metric/nearest", "metric/spread"} <= trainer.callback_metrics.keys()
    data = Images()
    data.evaluator = "that_nobody_has_trained_yet"
    train(tmp_path, make_gan(), 2, [Measure({"nearest": Nearest(10)}, 2, n=8, seed=0)], data)


def failing(fake: Samples, real: Samples, **_: Samples) -> dict[str, Tensor]:
    return {"brightness": fake.imgs.mean()}  # pyright: ignore


def listing(fake: Samples, real: Samples, **_: Samples) -> Any:
    return [1.0]


def naming(fake: Samples, real: Samples, **_: Samples) -> Any:
    return {"name": "x"}


def nothing(fake: Samples, real: Samples, **_: Samples) -> Any:
    return {}


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        (
            {"mine": failing},
            r"^metrics\.mine: 'Samples' object has no attribute 'imgs' \(test_measure\.py, ",
        ),
        ({"mine": listing}, r"^metrics\.mine: it returns a list, not a dict of numbers"),
        ({"mine": naming}, r"^metrics\.mine: it returns a str for 'name', not a number for a name"),
        ({"mine": nothing}, r"^metrics\.mine: it returns an empty dict, not a dict of numbers"),
        ({"a": spread, "b": spread}, r"^metrics\.a and metrics\.b both return spread"),
        ({"kernel": Kernel(subset_size=8)}, r"^metrics\.kernel: .*no evaluator"),
        ({"labels": Labels()}, r"^metrics\.labels: this metric needs labels, of a conditional GAN"),
    ],
)
def test_metrics_are_tried_before_a_run(tmp_path: Path, metrics: Any, sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        train(tmp_path, make_gan(), 1, [Measure(metrics, 100, n=8, seed=0)], Images())


class Many(Nearest):
    """Takes no fewer than so many."""

    calls = 0

    def __call__(self, fake: Samples, *rest: Samples, **splits: Samples) -> dict[str, float]:
        self.calls += 1
        if len(fake) < 40:
            raise ValueError("too few")
        return {"many": float(self.calls)}


def test_a_metric_that_takes_no_few_samples_is_tried_with_all(tmp_path: Path) -> None:
    metrics = {"many": Many()}
    trainer = train(tmp_path, make_gan(), 1, [Measure(metrics, 100, n=40, seed=0)], Images())
    # By copies.
    assert trainer.callback_metrics["metric/many"] == 1
    with pytest.raises(ForgerError, match=r"^metrics\.many: too few"):
        train(tmp_path, make_gan(), 1, [Measure(metrics, 100, n=39, seed=0)], Images())


@pytest.mark.parametrize(("n", "said"), [(10, True), (64, True), (65, False)])
def test_a_distance_of_no_more_samples_than_features_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], n: int, said: bool
) -> None:
    measuring = Measure({"frechet": Frechet()}, 100, n, seed=0)
    train(tmp_path, small_gan(), 1, [measuring], digits())
    sentence = f"metrics  {n} samples and {n} real examples are too few for a Fréchet distance in"
    assert (sentence in (printed := capsys.readouterr().out)) == said
    assert ("give callbacks.measure.n=65 or more, and at least 65 validation" in printed) == said
