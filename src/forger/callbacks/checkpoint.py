"""Checkpoints by the clock and by the wall."""

import time
from pathlib import Path

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Checkpoint as LightningCheckpoint
from pytorch_lightning.utilities.exceptions import SIGTERMException

from forger.checks import at_least_one
from forger.gan import GAN


class Checkpoint(LightningCheckpoint):
    """checkpoints/last.ckpt in the run folder, every so many updates, minutes, and at the end.

    The end is also that which a signal asks for, see `signals`.
    every_n_updates: generator updates between two checkpoints. every_n_minutes: as well, for slow
    runs; None for never. keep_all: also keep each of the former under update_NNNNNN.ckpt.
    A generator or discriminator that is no longer finite is never saved over a good one.
    Lightning's ModelCheckpoint ignores its time interval under manual optimization.
    """

    def __init__(self, every_n_updates: int, every_n_minutes: float | None, keep_all: bool) -> None:
        at_least_one(every_n_updates=every_n_updates)
        self.every_n_updates = every_n_updates
        self.every_n_minutes = every_n_minutes
        self.keep_all = keep_all
        self.saved_step = -1
        self.saved_time = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: object, batch_idx: int
    ) -> None:
        regular = trainer.global_step % self.every_n_updates == 0
        if regular and self.keep_all:
            self.save(trainer, gan, f"update_{trainer.global_step:06d}.ckpt")
        if regular or self.is_time(trainer) or trainer.received_sigterm:
            self.save(trainer, gan, "last.ckpt")

    def on_train_epoch_end(self, trainer: Trainer, gan: GAN) -> None:
        if trainer.received_sigterm:
            self.on_train_end(trainer, gan)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if self.saved_step != trainer.global_step:
            self.save(trainer, gan, "last.ckpt")

    def on_exception(self, trainer: Trainer, gan: GAN, exception: BaseException) -> None:
        # Between iterations, of a signal that came after the hooks above.
        if isinstance(exception, SIGTERMException):
            self.on_train_end(trainer, gan)

    def is_time(self, trainer: Trainer) -> bool:
        """Whether the minutes are over; rank 0's clock decides, for all ranks save together.

        Several ranks ask it at logging intervals only: an answer takes longer than an iteration.
        """
        if self.every_n_minutes is None:
            return False
        due = time.monotonic() - self.saved_time >= 60 * self.every_n_minutes
        if trainer.world_size == 1:
            return due
        every = trainer.log_every_n_steps  # pyright: ignore[reportAttributeAccessIssue]
        return trainer.global_step % every == 0 and trainer.strategy.broadcast(due)

    def save(self, trainer: Trainer, gan: GAN, name: str) -> None:
        if not all(tensor.isfinite().all() for tensor in gan.state_dict().values()):
            return
        # A kill must not take from the curves what came before the checkpoint.
        for logger in trainer.loggers:
            logger.save()
        trainer.save_checkpoint(Path(trainer.default_root_dir, "checkpoints", name))
        self.saved_step, self.saved_time = trainer.global_step, time.monotonic()
