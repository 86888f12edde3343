from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.plugins import MixedPrecision
from tensorboard.plugins.custom_scalar import layout_pb2, metadata
from tensorboard.util import tensor_util
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.gan import GAN
from tiny import events, make_gan, train

HALVE = {
    "generator": lambda optimizer: ExponentialLR(optimizer, 0.5),
    "discriminator": lambda optimizer: ExponentialLR(optimizer, 0.25),
}


class ByHand(Callback):
    """What `Curves` should have seen, computed anew for each update in float64."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.gradients: dict[str, float] = {}

    def on_before_optimizer_step(self, trainer: Trainer, gan: GAN, optimizer: Optimizer) -> None:
        name = "generator" if optimizer is trainer.optimizers[0] else "discriminator"
        gradients = [p.grad.double() for p in getattr(gan, name).parameters() if p.grad is not None]
        self.gradients[f"training/grad_{name}"] = (
            sum(g.square().sum().item() for g in gradients) ** 0.5
        )

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        real, fake = gan.last["real"].double(), gan.last["fake"].double()
        log_real, log_fake = torch.sigmoid(real).log(), torch.sigmoid(-fake).log()
        rates = [optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers]
        self.rows.append(
            self.gradients
            | {
                "loss/discriminator": -(log_real.mean() + log_fake.mean()).item(),
                "loss/generator": gan.last["loss/generator"].item(),
                "prob/real": sum(1 / (1 + (-t).exp().item()) for t in real) / len(real),
                "prob/fake": sum(1 / (1 + (-t).exp().item()) for t in fake) / len(fake),
                "training/accuracy_real": sum(t.item() > 0 for t in real) / len(real),
                "training/accuracy_fake": sum(t.item() < 0 for t in fake) / len(fake),
                "training/lr_generator": rates[0],
                "training/lr_discriminator": rates[1],
            }
        )


@pytest.fixture(
    scope="module", params=[(1, 1), (1, 4), (3, 2)], ids=lambda p: f"k={p[0]},every={p[1]}"
)
def run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, Path, list[dict[str, float]]]:
    """Interval, folder, and what is right, of one run of 8 updates."""
    (k, every), folder, by_hand = request.param, tmp_path_factory.mktemp("run"), ByHand()
    train(
        folder,
        make_gan(k=k, schedule=HALVE),
        max_steps=8,
        callbacks=[Curves(every), by_hand],
        logger=TensorBoardLogger(folder, name="", version=""),
    )
    return every, folder, by_hand.rows


def test_each_point_is_the_mean_over_its_interval(run: tuple) -> None:
    every, folder, rows = run
    log = events(folder)
    for tag in rows[0]:
        points = {event.step: event.value for event in log.Scalars(tag)}
        assert list(points) == list(range(every, 9, every))
        for step, value in points.items():
            interval = [row[tag] for row in rows[step - every : step]]
            mean = sum(interval) / every
            expected = interval[-1] if tag.startswith(("training/grad", "training/lr")) else mean
            assert value == pytest.approx(expected, rel=1e-4, abs=1e-6), f"{tag} at {step}"


@pytest.mark.parametrize("k", [1, 3])
def test_images_per_second_counts_all_that_the_discriminator_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, k: int
) -> None:
    clock = iter([100.0, 102.0, 110.0])  # at the start, and at the end of each interval
    monkeypatch.setattr("forger.callbacks.curves.time", SimpleNamespace(monotonic=clock.__next__))
    logger = TensorBoardLogger(tmp_path, name="", version="")
    train(tmp_path, make_gan(k=k), 4, [Curves(2)], logger=logger)
    points = events(tmp_path).Scalars("time/images_per_second")
    # Two updates of k minibatches of four, in two and in eight seconds.
    assert [point.value for point in points] == [4 * k, k]


def test_losses_share_a_chart_and_every_chart_shows_tags_that_exist(run: tuple) -> None:
    log = events(run[1])
    (event,) = log.Tensors(metadata.CONFIG_SUMMARY_TAG)
    layout = layout_pb2.Layout()  # pyright: ignore[reportAttributeAccessIssue]
    layout.ParseFromString(tensor_util.make_ndarray(event.tensor_proto).item())
    charts = [list(c.multiline.tag) for category in layout.category for c in category.chart]
    assert ["loss/discriminator", "loss/generator"] in charts
    assert ["prob/real", "prob/fake"] in charts
    scalars = log.Tags()["scalars"]
    assert all(tag in scalars for chart in charts for tag in chart)


def test_the_last_points_are_there_for_other_callbacks(tmp_path: Path) -> None:
    trainer = train(
        tmp_path,
        make_gan(),
        max_steps=4,
        callbacks=[Curves(2)],
        logger=TensorBoardLogger(tmp_path, name="", version=""),
    )
    log = events(tmp_path)
    for tag in (
        "loss/generator",
        "prob/real",
        "training/grad_discriminator",
        "time/images_per_second",
    ):
        assert trainer.callback_metrics[tag].item() == pytest.approx(log.Scalars(tag)[-1].value)


def test_it_runs_without_a_logger(tmp_path: Path) -> None:
    trainer = train(tmp_path, make_gan(), max_steps=2, callbacks=[Curves(1)])
    assert "loss/generator" in trainer.callback_metrics


@pytest.mark.parametrize("fused", [False, True])
def test_gradients_are_shown_unscaled(tmp_path: Path, fused: bool) -> None:
    adam = partial(torch.optim.Adam, lr=0.01, fused=fused)
    norms = []
    for folder, plugins in (
        ("whole", []),
        ("half", [MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", 64.0))]),
    ):
        gan = make_gan(optimizer={"generator": adam, "discriminator": adam})
        trainer = train(tmp_path / folder, gan, 1, [Curves(1)], plugins=plugins)
        names = ("training/grad_discriminator", "training/grad_generator")
        norms.append([trainer.callback_metrics[name].item() for name in names])
    assert norms[1] == pytest.approx(norms[0], rel=0.02)


def test_a_mean_is_over_its_whole_interval_also_of_a_run_resumed_in_it(tmp_path: Path) -> None:
    trainer = None
    for end in (3, 4):
        callbacks = [Curves(4), Checkpoint(3, None, keep_all=False)]
        last = tmp_path / "checkpoints" / "last.ckpt"
        trainer = train(tmp_path, make_gan(), end, callbacks, ckpt=last if end == 4 else None)
    whole = train(tmp_path / "whole", make_gan(), 4, [Curves(4)])
    assert trainer is not None
    for name in ("loss/discriminator", "loss/generator", "prob/real", "training/accuracy_fake"):
        assert trainer.callback_metrics[name] == whole.callback_metrics[name]


def test_a_run_shorter_than_an_interval_has_one_point_at_its_end(tmp_path: Path) -> None:
    train(tmp_path, make_gan(), 3, [Curves(4)], logger=TensorBoardLogger(tmp_path, "", ""))
    assert [event.step for event in events(tmp_path).Scalars("loss/generator")] == [3]


def test_an_interval_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"every_n_updates \(=0\)"):
        Curves(0)
