import math
import re
from pathlib import Path

import pytest
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


def run(folder: Path, *values: float, ckpt: Path | None = None, every: int = 100) -> Best:
    best, last = Best("metric/fid"), Checkpoint(every, None, keep_all=False)
    train(folder, make_gan(), len(values), [Value(*values), best, last], ckpt=ckpt)
    return best


def scores(file: Path) -> tuple[float, float]:
    """The best score that a checkpoint knows, and that of its own state."""
    (state,) = (
        state
        for name, state in torch.load(file, weights_only=True)["callbacks"].items()
        if name.startswith("Best")
    )
    return state["best_model_score"], state["current_score"]


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


def test_a_checkpoint_has_the_score_of_its_own_state(tmp_path: Path) -> None:
    run(tmp_path, 3.0, 1.0, 2.0)
    assert scores(tmp_path / "checkpoints" / "best.ckpt") == (1.0, 1.0)
    assert scores(tmp_path / "checkpoints" / "last.ckpt") == (1.0, 2.0)


def test_a_run_that_goes_on_at_its_end_keeps_the_score_of_its_state(tmp_path: Path) -> None:
    run(tmp_path, 3.0, 1.0, 2.0)
    last = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path, make_gan(), 3, [Best("metric/fid"), Checkpoint(100, None, False)], ckpt=last)
    assert scores(last) == (1.0, 2.0)


def test_the_best_of_the_last_checkpoints_own_update_is_not_lost(tmp_path: Path) -> None:
    class Cut(Callback):
        def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
            if trainer.global_step == 2:
                raise KeyboardInterrupt

    folder = tmp_path / "checkpoints"
    callbacks = [Value(3.0, 1.0), Best("metric/fid"), Checkpoint(2, None, keep_all=False), Cut()]
    with pytest.raises(SystemExit):
        train(tmp_path, make_gan(), 4, callbacks)
    run(tmp_path, 3.0, 1.0, 2.0, 1.5, ckpt=folder / "last.ckpt")
    assert step(tmp_path) == 2


def test_the_highest_can_be_best(tmp_path: Path) -> None:
    last = Checkpoint(100, None, keep_all=False)
    train(tmp_path, make_gan(), 3, [Value(1.0, 3.0, 2.0), Best("metric/fid", "max"), last])
    assert step(tmp_path) == 2


def test_what_version_0_1_0_left_is_read_and_no_path_in_it(tmp_path: Path) -> None:
    run(tmp_path, 3.0, 1.0)
    file = tmp_path / "checkpoints" / "last.ckpt"
    contents = torch.load(file, weights_only=True)
    victim = tmp_path / "victim.ckpt"
    victim.touch()
    key = "Best{'monitor': 'metric/fid', 'mode': 'min', 'every_n_train_steps': 1000}"
    contents["callbacks"] = {
        key: {
            "best_model_score": torch.tensor(1.5),
            "best_model_path": str(victim),
            "best_k_models": {str(victim): torch.tensor(1.5)},
            "dirpath": str(tmp_path),
        }
    }
    old = tmp_path / "old.ckpt"
    torch.save(contents, old)
    (tmp_path / "checkpoints" / "best.ckpt").unlink()
    run(tmp_path, 3.0, 1.0, 2.0, ckpt=old)
    assert not (tmp_path / "checkpoints" / "best.ckpt").exists()
    run(tmp_path, 3.0, 1.0, 0.5, ckpt=old)
    assert step(tmp_path) == 3
    assert victim.exists()


@pytest.mark.parametrize("filename", ["../best", ".."])
def test_a_path_is_no_name(filename: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"(={filename})")):
        Best("metric/fid", filename=filename)
