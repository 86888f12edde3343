"""The loop of a run's updates."""

from pytorch_lightning import Trainer
from pytorch_lightning.loops.fit_loop import _FitLoop


class FitLoop(_FitLoop):
    """Lightning's loop, for runs that were killed at any moment.

    Lightning skips the end of training if no update is left, so nothing would be measured or saved.
    Lightning counts an epoch twice if a run is resumed at its end, saved before the next update,
    and resumed from there.
    """

    @property
    def skip(self) -> bool:
        return super().skip and not (self.done and self.trainer.global_step > 0)

    def reset(self) -> None:
        super().reset()
        for epochs in (self.epoch_progress.total, self.epoch_progress.current):
            epochs.completed = min(epochs.completed, epochs.processed)  # pyright: ignore


def replace_fit_loop(trainer: Trainer) -> None:
    """Give a trainer this loop: Lightning has no argument for it."""
    trainer.fit_loop.__class__ = FitLoop
