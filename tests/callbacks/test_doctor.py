from pathlib import Path

import pytest
import torch
from torch import Tensor

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.callbacks.doctor import Doctor, symptoms
from forger.losses import NonSaturating
from tiny import make_gan, train

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
