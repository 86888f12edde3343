"""Checkpoints after a number of updates and after a number of minutes."""

import shutil
import time
from contextlib import nullcontext, suppress
from pathlib import Path

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Checkpoint as LightningCheckpoint
from pytorch_lightning.utilities.exceptions import SIGTERMException

from forger.checks import check_positive
from forger.errors import ForgerError
from forger.gan import GAN
from forger.runs.checkpoint_sizes import check_sizes
from forger.runs.files import atomic_write
from forger.training.ema import network_weights


class Checkpoint(LightningCheckpoint):
    """Saves checkpoints/last.ckpt in the run folder, at fixed intervals and at the end.

    A run that a signal or an error ends is saved too. If an error breaks off an iteration, the
    discriminator may be updated and the generator not: that state is saved as interrupted.ckpt, so
    that a run resumed from last.ckpt comes to the same bits. A checkpoint has the state of all
    other callbacks after its update. The last update is saved before the work at the end of the run
    as well, which may fail.
    A run resumed from another checkpoint than last.ckpt, such as best.ckpt, keeps a last.ckpt of a
    later update as update_NNNNNN.ckpt.
    every_n_updates: number of generator updates between two checkpoints. every_n_minutes: number of
    minutes after which a checkpoint is saved as well, for slow runs; None: no limit of time.
    keep_all: also keep each of the former under update_NNNNNN.ckpt.
    A generator or discriminator that is no longer finite is never saved over a good one.
    Lightning's ModelCheckpoint ignores its time interval under manual optimization.
    """

    def __init__(self, every_n_updates: int, every_n_minutes: float | None, keep_all: bool) -> None:
        check_positive(every_n_updates=every_n_updates)
        if every_n_minutes is not None and every_n_minutes <= 0:
            raise ForgerError(f"every_n_minutes (={every_n_minutes}) must be positive, or null")
        self.every_n_updates = every_n_updates
        self.every_n_minutes = every_n_minutes
        self.keep_all = keep_all
        # The update at which this training began.
        self.start: int | None = None
        self.saved_step = -1
        self.saved_time = time.monotonic()

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        self.start = trainer.global_step
        if self.start > 0:
            if trainer.is_global_zero:
                keep_later(trainer)
            # Other callbacks have just caught up: after a kill they need not do so again.
            self.save(trainer, gan, "last.ckpt")

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        regular = trainer.global_step % self.every_n_updates == 0
        if regular and self.keep_all:
            self.save(trainer, gan, f"update_{trainer.global_step:06d}.ckpt")
        stops = trainer.received_sigterm or is_last(trainer)
        if regular or stops or self.is_time(trainer):
            self.save(trainer, gan, "last.ckpt")

    def on_train_epoch_end(self, trainer: Trainer, gan: GAN) -> None:
        if trainer.received_sigterm and self.saved_step != trainer.global_step:
            self.save(trainer, gan, "last.ckpt")

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        # Includes what other callbacks did at the end.
        self.save(trainer, gan, "last.ckpt")

    def on_exception(self, trainer: Trainer, gan: GAN, exception: BaseException) -> None:
        trained = self.start is not None and self.start < trainer.global_step
        if not trained or self.saved_step == trainer.global_step:
            return
        alone = not isinstance(exception, SIGTERMException)
        batches = trainer.fit_loop.epoch_loop.batch_progress.current
        broke_off = batches.started > batches.processed  # pyright: ignore
        # The error itself must be shown, not a second one from saving.
        with suppress(Exception) if alone else nullcontext():
            self.save(trainer, gan, "interrupted.ckpt" if broke_off else "last.ckpt", alone)

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

    def save(self, trainer: Trainer, gan: GAN, name: str, alone: bool = False) -> None:
        """alone: whether other processes may have failed, so that this one must not wait."""
        weights = network_weights(gan, gan.state_dict())
        if not all(tensor.isfinite().all() for tensor in weights.values()):
            return
        # After a kill the curves must reach as far as the checkpoint.
        for logger in trainer.loggers:
            logger.save()
        path = Path(trainer.default_root_dir, "checkpoints", name)
        if alone:
            # trainer.save_checkpoint would wait for all processes, of which some may have failed.
            state = trainer._checkpoint_connector.dump_checkpoint(weights_only=False)
            batches = trainer.fit_loop.epoch_loop.batch_progress.current
            for loader in state["loops"]["fit_loop"]["state_dict"]["combined_loader"]:
                # The minibatch of an iteration that broke off is used again.
                again = batches.ready - batches.processed  # pyright: ignore
                loader["taken"] -= again * loader["size"]
            trainer.strategy.save_checkpoint(state, path)
        else:
            trainer.save_checkpoint(path)
        self.saved_step, self.saved_time = trainer.global_step, time.monotonic()


def keep_later(trainer: Trainer) -> None:
    """Copy last.ckpt, which is about to be replaced, if it is of a later update than the start."""
    last = Path(trainer.default_root_dir, "checkpoints", "last.ckpt")
    given = trainer.ckpt_path
    if given is None or not last.is_file() or last.samefile(given):
        return
    try:
        check_sizes(last)
        update = torch.load(last, map_location="cpu", weights_only=True, mmap=True)["global_step"]
    except Exception:  # It is damaged, perhaps the reason for another checkpoint.
        return
    if update > trainer.global_step:
        with atomic_write(last.with_name(f"update_{update:06d}.ckpt")) as partial:
            shutil.copyfile(last, partial)


def is_last(trainer: Trainer) -> bool:
    """Whether this update is the last, so that nothing is left of the run but its end."""
    last_epoch = trainer.current_epoch + 1 == trainer.max_epochs
    return trainer.fit_loop.done or (last_epoch and trainer.is_last_batch)
