from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import EMAWeightAveraging
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from forger.callbacks.cautions import cautions
from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.callbacks.doctor import Doctor
from forger.callbacks.measure import Measure
from forger.callbacks.symptoms import missing_by_chance, symptoms
from forger.callbacks.weight_clipping import WeightClipping
from forger.config.build import build
from forger.gan import GAN
from forger.losses import Hinge, Minimax, NonSaturating, Wasserstein
from forger.metrics.mixture import Mixture
from forger.metrics.samples import Samples
from forger.penalties import DRAGAN, R1, GradientPenalty
from forger.training.summary import summarise
from tiny import composed, make_gan, networks, train

HEALTHY = {
    "loss/discriminator": 1.2,
    "loss/generator": 0.8,
    "training/accuracy_real": 0.7,
    "training/accuracy_fake": 0.6,
    "training/grad_generator": 0.3,
    "metric/missing": 0,
    "metric/nearest_ratio": 1.1,
}


def test_a_healthy_run_shows_no_symptom() -> None:
    assert symptoms(HEALTHY) == {}


@pytest.mark.parametrize(
    ("name", "sign", "evidence"),
    [
        ("divergence", {"loss/generator": float("nan")}, "loss/generator is nan"),
        ("divergence", {"loss/discriminator": float("inf")}, "loss/discriminator is inf"),
        ("divergence", {"loss/generator": 4.8e24}, "loss/generator is 4.8e+24"),
        ("divergence", {"loss/discriminator": -2e9}, "loss/discriminator is -2e+09"),
        (
            "discriminator saturated",
            {"training/accuracy_real": 1.0, "training/accuracy_fake": 0.995},
            "99.5%",
        ),
        ("generator gradient vanished", {"training/grad_generator": 1e-6}, "1.0e-06"),
        ("mode collapse", {"metric/missing": 3}, "3 classes"),
        ("memorisation", {"metric/nearest_ratio": 0.2}, "0.20 times"),
    ],
)
def test_each_symptom_is_named_with_its_evidence(
    name: str, sign: dict[str, float], evidence: str
) -> None:
    found = symptoms(HEALTHY | sign)
    assert list(found) == [name]
    assert evidence in found[name]


@pytest.mark.parametrize(("missing", "found"), [(80, False), (117, False), (130, True)])
def test_as_many_missing_classes_as_among_real_examples_are_no_collapse(
    missing: int, found: bool
) -> None:
    said = symptoms(HEALTHY | {"metric/missing": missing}, expected=80)
    assert ("mode collapse" in said) == found
    if found:
        assert "130 classes of the data without a sample" in said["mode collapse"]
        assert "80 without a real example among as many" in said["mode collapse"]


# 100 real points of 100 modes lack 37 in expectation, 100 (1 - 1/100)^100. Too few validation data
# would lack more: the training data, which may be sorted, are asked in their place.
@pytest.mark.parametrize("held_out", [100, 10])
def test_the_doctor_knows_how_many_classes_real_examples_lack(held_out: int) -> None:
    measure = Measure({"mixture": Mixture([[float(i)] for i in range(100)], std=0.1)}, 1, 100, 0)
    points = torch.arange(100.0).repeat_interleave(10)[:, None]
    chosen = torch.randperm(1000, generator=torch.Generator().manual_seed(1))[:held_out]
    measure.train, measure.validation = Samples(points, None), Samples(points[chosen], None)
    assert 25 < missing_by_chance(measure) < 50


class BreaksAt(NonSaturating):
    """Non-saturating until a generator update from which on everything is NaN."""

    def __init__(self, update: int) -> None:
        self.left = update

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        self.left -= 1
        return super().generator(real, fake) * (1.0 if self.left > 0 else float("nan"))


def test_divergence_stops_the_run_and_keeps_the_last_good_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gan = make_gan(loss=BreaksAt(7))
    checkpoint = Checkpoint(every_n_updates=2, every_n_minutes=None, keep_all=False)
    callbacks = [Curves(2), Doctor(every_n_updates=2, patience=3), checkpoint]
    trainer = train(tmp_path, gan, 100, callbacks)
    assert trainer.global_step == 8
    saved = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert saved["global_step"] == 6
    assert all(value.isfinite().all() for value in saved["state_dict"].values())
    assert capsys.readouterr().out.count("divergence at update 8") == 1


def test_what_is_not_finite_in_the_first_update_stops_the_run_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = train(tmp_path, make_gan(loss=BreaksAt(1)), 100, [Curves(50), Doctor(50, patience=3)])
    assert trainer.global_step == 1
    assert "doctor: the first update gives loss/generator that are not" in capsys.readouterr().out
    assert summarise(trainer, tmp_path, {}, 1.0, None)["status"] == "diverged"


class Constant(NonSaturating):
    """A generator that is never told anything: its gradient is zero."""

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return 0 * fake.sum()


def test_a_lasting_symptom_is_said_once_after_patience_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path, make_gan(loss=Constant()), 20, [Curves(1), Doctor(1, patience=5)])
    said = capsys.readouterr().out
    assert said.count("generator gradient vanished at update 5") == 1
    assert said.count("generator gradient vanished") == 1


@pytest.mark.parametrize("until", [7, 100])
def test_at_the_end_a_symptom_that_is_gone_is_told_as_gone(tmp_path: Path, until: int) -> None:
    class Collapse(Callback):
        def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
            missing = 3.0 if trainer.global_step < until else 0.0
            trainer.callback_metrics["metric/missing"] = torch.tensor(missing)

    doctor = Doctor(2, patience=2)
    train(tmp_path, make_gan(), 9, [Collapse(), doctor])
    note = "mode collapse at update 4: 3 classes of the data without a sample"
    assert doctor.notes() == [f"{note} (no longer at update 8)" if until == 7 else note]


class Collapsed(Callback):
    """Measures a collapse once, at update 2."""

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        if trainer.global_step == 2:
            trainer.callback_metrics["metric/missing"] = torch.tensor(3.0)


def test_a_run_that_goes_on_says_a_symptom_at_the_same_update(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = tmp_path / "checkpoints" / "last.ckpt"
    for updates, ckpt in ((4, None), (8, last)):
        callbacks = [Collapsed(), Doctor(1, patience=5), Checkpoint(100, None, keep_all=False)]
        train(tmp_path, make_gan(), updates, callbacks, ckpt=ckpt)
    assert "doctor: mode collapse at update 6" in capsys.readouterr().out


def test_looks_that_version_0_1_0_left_are_read() -> None:
    doctor = Doctor(1, patience=5)
    doctor.load_state_dict({"mode collapse": 3})
    assert doctor.looks == {"mode collapse": 3}


def test_the_advice_is_no_loss_that_is_chosen_already() -> None:
    sign = HEALTHY | {"training/grad_generator": 1e-6}
    advice = [symptoms(sign, loss)["generator gradient vanished"] for loss in (Minimax(), Hinge())]
    assert ["loss=non_saturating" in text for text in advice] == [True, False]
    # A generator whose own units are saturated is not mended by a slower discriminator.
    assert ["a lower optimizer.generator.lr" in text for text in advice] == [False, True]


def batch_normalised() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(16, 4), nn.BatchNorm1d(4), nn.Linear(4, 1), nn.Flatten(0)
    )


def normalised() -> nn.Module:
    return nn.Sequential(nn.Flatten(), spectral_norm(nn.Linear(16, 1)), nn.Flatten(0))


PENALTIES = {
    "r1": R1(gamma=1.0, every=1),
    "gradient_penalty": GradientPenalty(1.0),
    "dragan": DRAGAN(1.0, 0.5),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_a_gradient_penalty_under_batch_normalisation_is_said(name: str) -> None:
    penalty = {name: PENALTIES[name]}
    (said,) = cautions(make_gan(discriminator=batch_normalised(), penalty=penalty), [])
    assert said.startswith(f"penalty.{name} asks for the gradient at each example")
    assert not list(cautions(make_gan(penalty=penalty), []))


def test_the_settings_that_take_batch_normalisation_away_are_named() -> None:
    body = "discriminator.body"
    gan = build(composed("penalty=r1", "discriminator=packed", f"discriminator@{body}=dcgan"))
    (said,) = cautions(gan, [])
    assert said.endswith("give discriminator.body.batch_norm=false")


def test_a_wasserstein_critic_without_a_limit_is_said() -> None:
    (said,) = cautions(make_gan(loss=Wasserstein()), [])
    assert "give penalty=gradient_penalty" in said
    assert not list(cautions(make_gan(loss=Wasserstein()), [WeightClipping(0.1)]))
    limited = [{"penalty": {"r1": PENALTIES["r1"]}}, {"discriminator": normalised()}]
    for settings in limited:
        assert not list(cautions(make_gan(loss=Wasserstein(), **settings), []))
    # It bounds what a score is worth by itself.
    assert not list(cautions(make_gan(loss=Hinge()), []))


def test_weight_averaging_of_the_whole_gan_is_said() -> None:
    (said,) = cautions(make_gan(), [EMAWeightAveraging()])
    assert "model.ema_halflife averages the generator" in said


class Beyond(nn.Module):
    """A generator whose values reach so far that they leave its range."""

    value_range = (-1.0, 1.0)

    def __init__(self, reach: float) -> None:
        super().__init__()
        self.layers = networks()["generator"]
        self.register_buffer("reach", torch.tensor(reach))

    def forward(self, z: Tensor) -> Tensor:
        return self.reach * self.layers(z).sign()


def test_a_generator_of_nan_is_said_before_the_first_update(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path, make_gan(generator=Beyond(float("nan"))), 2, [Curves(1), Doctor(1, 2)])
    assert "doctor: the generator gives values that are not finite" in capsys.readouterr().out


@pytest.mark.parametrize(("reach", "times"), [(3.0, 1), (1.1, 0)])
def test_a_generator_that_leaves_its_range_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reach: float, times: int
) -> None:
    doctor = Doctor(1, patience=2)
    train(tmp_path, make_gan(generator=Beyond(reach)), 6, [Curves(1), doctor])
    said = capsys.readouterr().out
    assert said.count("lie outside its value_range (-1, 1)") == times
    assert sum("out of range at update 2" in note for note in doctor.notes()) == times


def test_one_that_leaves_it_later_is_said_after_patience_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Grow(Callback):
        def on_train_batch_start(self, trainer: Trainer, gan: GAN, *_: object) -> None:
            if trainer.global_step == 3:
                gan.generator.reach.fill_(3.0)  # pyright: ignore

    train(tmp_path, make_gan(generator=Beyond(1.0)), 9, [Grow(), Curves(1), Doctor(1, 2)])
    assert capsys.readouterr().out.count("out of range at update 5: 100% of the generator's") == 1
