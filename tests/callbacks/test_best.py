import math
from pathlib import Path

import torch
from pytorch_lightning import Callback, Trainer

from forger.callbacks.best import Best
from forger.callbacks.checkpoint import Checkpoint
from tiny import make_gan, train


class Value(Callback):
    """A metric of given values, one for each update."""

    def __init__(self, *values: float) -> None:
        self.values = values

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        value = self.values[trainer.global_step - 1]
        trainer.callback_metrics["metric/fid"] = torch.tensor(value)


def run(folder: Path, *values: float, ckpt: Path | None = None) -> None:
    best = Best(
        filename="best",
        monitor="metric/fid",
        every_n_train_steps=1,
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )
    last = Checkpoint(100, None, keep_all=False)
    train(folder, make_gan(), len(values), [Value(*values), best, last], ckpt=ckpt)


def step(folder: Path) -> int:
    return torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)["global_step"]


def test_the_lowest_value_is_best_and_none_that_is_not_finite(tmp_path: Path) -> None:
    run(tmp_path / "a", math.nan, math.inf)
    assert not (tmp_path / "a" / "checkpoints" / "best.ckpt").exists()
    run(tmp_path / "b", math.nan, 3.0, 2.0, math.nan, 2.5)
    assert step(tmp_path / "b") == 3


def test_a_run_that_was_moved_goes_on_with_the_best_it_had(tmp_path: Path) -> None:
    run(tmp_path / "here", 3.0, 1.0, 2.0)
    there = (tmp_path / "here").rename(tmp_path / "there")
    last = there / "checkpoints" / "last.ckpt"
    run(there, 3.0, 1.0, 2.0, 2.5, ckpt=last)
    assert step(there) == 2
    run(there, 3.0, 1.0, 2.0, 2.5, 0.5, ckpt=last)
    assert step(there) == 5
    assert sorted(file.name for file in last.parent.iterdir()) == ["best.ckpt", "last.ckpt"]
