"""Early stopping: the end of a run whose metric does not improve."""

from typing import Any

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import EarlyStopping as LightningEarlyStopping
from torch import Tensor

from forger.gan import GAN


class EarlyStopping(LightningEarlyStopping):
    """Lightning's early stopping, by each new value of the curve in place of ends of epochs.

    patience: number of values in a row without an improvement that end the run, after their update.
    A resumed run ends where the whole run would have ended.
    """

    seen: Tensor | None = None
    # The update of the last value that was compared.
    update = -1
    # Whether something else than the patience ended the run.
    decided = False

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        self.look(trainer)
        # A kill may have come between the decision and the end.
        if self.decided or self.wait_count >= self.patience:
            trainer.should_stop = True

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        self.look(trainer)

    def on_train_epoch_end(self, trainer: Trainer, gan: GAN) -> None:
        """No value is new there."""

    def on_validation_end(self, trainer: Trainer, gan: GAN) -> None:
        """There is no validation loop."""

    def look(self, trainer: Trainer) -> None:
        """Ask for the end if there is a new value, of this update, and the patience is over."""
        value = trainer.callback_metrics.get(self.monitor)
        # A measurement makes a new tensor, so a known one was compared before.
        if value is None or value is self.seen:
            return
        self.seen = value
        if self.update == trainer.global_step:
            return
        self.update = trainer.global_step
        stop, reason = self._evaluate_stopping_criteria(value)
        if trainer.strategy.reduce_boolean_decision(stop, all=False):
            # If the patience decided, a resumed run with another patience may decide otherwise.
            self.decided = self.wait_count < self.patience
            trainer.should_stop = True
            if trainer.is_global_zero:
                why = str(reason).removesuffix(" Signaling Trainer to stop.")
                print(f"early stopping at update {trainer.global_step}: {why}")

    def state_dict(self) -> dict[str, Any]:
        return {
            "wait_count": self.wait_count,
            "best_score": float(self.best_score),
            "update": self.update,
            "decided": self.decided,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.wait_count = int(state_dict["wait_count"])
        self.best_score = torch.tensor(float(state_dict["best_score"]))
        self.update = int(state_dict.get("update", -1))
        self.decided = bool(state_dict.get("decided"))
