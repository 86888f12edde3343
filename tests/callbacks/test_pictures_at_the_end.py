"""Runs that are killed between their last checkpoint and their end, and resumed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.film import Film
from forger.callbacks.grid import SampleGrid
from forger.figures.film import Frame
from forger.gan import GAN
from tiny import events, make_gan, train


class Weight(Film):
    """A film of one weight of the generator."""

    name = "weight"

    def frame(self, gan: GAN) -> Frame:
        return {"weight": next(gan.generator.parameters()).detach().flatten()[:1].clone()}

    def picture(self, frame: Frame) -> np.ndarray:
        return np.full((2, 2, 3), int(frame["update"]), np.uint8)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.frames = state_dict["frames"]


class Killed(Callback):
    """Ends a run after other callbacks did their work at its end, before the last checkpoint."""

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        raise ConnectionError("killed")


def grid() -> SampleGrid:
    return SampleGrid(1, 2, 4, seed=0)


@pytest.mark.parametrize(("make", "tag"), [(grid, "samples"), (lambda: Weight(4), "weight")])
def test_the_last_picture_is_drawn_once(
    tmp_path: Path, make: Callable[[], Callback], tag: str
) -> None:
    def logger(purge_step: int) -> TensorBoardLogger:
        return TensorBoardLogger(tmp_path, name="", version="", purge_step=purge_step)

    def save() -> Checkpoint:
        return Checkpoint(100, None, keep_all=False)

    with pytest.raises(ConnectionError):
        train(tmp_path, make_gan(), 6, [make(), Killed(), save()], logger=logger(0))
    last = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path, make_gan(), 6, [made := make(), save()], ckpt=last, logger=logger(7))
    assert [image.step for image in events(tmp_path).Images(tag)] == [0, 4, 6]
    # A run that goes on has a picture at its own end.
    train(tmp_path, make_gan(), 9, [made := make(), save()], ckpt=last, logger=logger(7))
    assert [image.step for image in events(tmp_path).Images(tag)] == [0, 4, 6, 8, 9]
    if isinstance(made, Film):
        assert [int(frame["update"]) for frame in made.frames] == [0, 4, 8, 9]
