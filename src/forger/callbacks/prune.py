"""Pruning: an early end of runs that are worse than others of a search."""

from pytorch_lightning import Callback, Trainer
from torch import Tensor

from forger.gan import GAN
from forger.sweeps.pruning import trial_of_this_job


class Prune(Callback):
    """Tells the search each new value of its objective, and stops the run if its pruner says so.

    Has no effect outside of a search, and in a search without a pruner or with several objectives,
    for which Optuna has no pruners.
    """

    def __init__(self) -> None:
        self.pruned = False
        self.seen: Tensor | None = None

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        self.objective, self.trial = trial_of_this_job()

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        # The value at the update that the run resumes from was reported before.
        self.seen = trainer.callback_metrics.get(self.objective)

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        value = trainer.callback_metrics.get(self.objective)
        # A measurement makes a new tensor, so a known one was reported before.
        if self.trial is None or value is None or value is self.seen:
            return
        self.seen = value
        self.trial.report(value.item(), trainer.global_step)
        if self.trial.should_prune():
            print(f"pruned at update {trainer.global_step}: {self.objective} is {value.item():.4g}")
            self.pruned = trainer.should_stop = True
