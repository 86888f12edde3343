"""A film of a run: a moment is drawn at intervals, and all of them at the end."""

from abc import abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import Callback, Trainer

from forger.callbacks.checkpoint import is_last
from forger.figures.film import Frame, save_film
from forger.gan import GAN
from forger.runs.trackers import log_picture


class Film(Callback):
    """Frames of a run, NAME.gif at its end; each goes to all trackers when it is recorded.

    every_n_updates: number of generator updates between two frames. The start and the end have one
    too. Frames are kept in the checkpoint.
    """

    name: str

    def __init__(self, every_n_updates: int) -> None:
        self.every_n_updates = every_n_updates
        self.frames: list[Frame] = []

    @abstractmethod
    def frame(self, gan: GAN) -> Frame:
        """This moment, on the CPU and without "update"; the networks are in evaluation mode."""

    @abstractmethod
    def picture(self, frame: Frame) -> np.ndarray:
        """A moment as uint8 (height, width, 3)."""

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        # A run that goes on drops the frame of its former end, which is out of step.
        every = self.every_n_updates
        if not trainer.fit_loop.done:
            self.frames = [frame for frame in self.frames if int(frame["update"]) % every == 0]
        if not self.frames:
            self.record_frame(trainer, gan)

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        # The last update too, before its checkpoint is written: a run killed after that would
        # record it again, and trackers would have two.
        if trainer.global_step % self.every_n_updates == 0 or is_last(trainer):
            self.record_frame(trainer, gan)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if int(self.frames[-1]["update"]) != trainer.global_step:
            self.record_frame(trainer, gan)
        if trainer.is_global_zero:
            film = Path(trainer.default_root_dir, f"{self.name}.gif")
            save_film(map(self.picture, self.frames), film)

    @torch.no_grad()
    def record_frame(self, trainer: Trainer, gan: GAN) -> None:
        """Keep this moment, and show it in all trackers."""
        training = gan.training
        gan.eval()
        frame = {"update": torch.tensor(trainer.global_step), **self.frame(gan)}
        gan.train(training)
        self.frames.append(frame)
        if trainer.is_global_zero:
            # (height, width, 3) -> (3, height, width)
            picture = torch.from_numpy(self.picture(frame)).permute(2, 0, 1)
            log_picture(trainer.loggers, self.name, picture, trainer.global_step)

    def state_dict(self) -> dict[str, Any]:
        return {"frames": self.frames}
