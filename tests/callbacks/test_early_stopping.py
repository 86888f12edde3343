from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback, Trainer

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.early_stopping import EarlyStopping
from tiny import make_gan, train

VALUES = {2: 5.0, 4: 3.0, 6: 4.0, 8: 3.5, 10: 3.2, 12: 1.0}


class Values(Callback):
    """A metric that is measured at some updates."""

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        if value := VALUES.get(trainer.global_step):
            trainer.callback_metrics["metric/fid"] = torch.tensor(value)


def run(folder: Path, patience: int, steps: int = 20, ckpt: Path | None = None) -> int:
    """The update that the run ends at; an epoch has twelve, and one of five values is better."""
    stop, last = EarlyStopping("metric/fid", patience=patience), Checkpoint(1, None, keep_all=True)
    return train(folder, make_gan(), steps, [Values(), stop, last], ckpt=ckpt).global_step


@pytest.mark.parametrize(("patience", "end"), [(1, 6), (2, 8), (3, 10), (4, 20)])
def test_so_many_measurements_without_a_better_one_end_the_run(
    tmp_path: Path, patience: int, end: int
) -> None:
    assert run(tmp_path, patience) == end


@pytest.mark.parametrize("cut", [1, 2, 5, 6, 7, 8])
def test_a_run_that_goes_on_ends_where_it_would_have_at_once(tmp_path: Path, cut: int) -> None:
    run(tmp_path, 2)
    ckpt = tmp_path / "checkpoints" / f"update_{cut:06d}.ckpt"
    assert run(tmp_path / "again", 2, ckpt=ckpt) == 8


def test_a_run_that_was_stopped_goes_on_with_more_patience(tmp_path: Path) -> None:
    run(tmp_path, 2)
    assert run(tmp_path, 3, ckpt=tmp_path / "checkpoints" / "last.ckpt") == 10


def test_a_value_that_is_not_finite_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(VALUES, 4, float("nan"))
    assert run(tmp_path, 2) == 4
    assert "early stopping at update 4: " in capsys.readouterr().out
    ckpt = tmp_path / "checkpoints" / "last.ckpt"
    assert run(tmp_path / "again", 2, ckpt=ckpt) == 4
