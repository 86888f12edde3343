"""An early end of what is hopeless beside the other runs of a search."""

from pytorch_lightning import Callback, Trainer
from torch import Tensor

from forger.gan import GAN
from forger.sweeps.search import trial_of_this_job


class Prune(Callback):
    """Tells the search each new value of its objective, and stops the run if its pruner says so.

    Does nothing in a run that is not of a search, or of one that has several objectives, for which
    Optuna has no pruners, or none.
    """

    def __init__(self) -> None:
        self.pruned = False
        self.seen: Tensor | None = None

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        self.objective, self.trial = trial_of_this_job()

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        # Of the update that the run goes on from: told before.
        self.seen = trainer.callback_metrics.get(self.objective)

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: object, batch_idx: int
    ) -> None:
        value = trainer.callback_metrics.get(self.objective)
        # Whoever measures makes a new tensor each time.
        if self.trial is None or value is None or value is self.seen:
            return
        self.seen = value
        self.trial.report(value.item(), trainer.global_step)
        if self.trial.should_prune():
            print(f"pruned at update {trainer.global_step}: {self.objective} is {value.item():.4g}")
            self.pruned = trainer.should_stop = True
