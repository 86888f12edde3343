"""One bar for the whole run."""

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import ProgressBar
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from forger.gan import GAN


class RunProgress(ProgressBar):
    """Updates done, losses, D(x), D(G(z)), images per second and time left, in the terminal.

    The bar counts generator updates from the first to the last, not epochs; its numbers are those
    of the last logging interval. refresh_every: updates between two looks at the clock.
    """

    def __init__(self, refresh_every: int) -> None:
        super().__init__()
        self.refresh_every = refresh_every
        self.enabled = True
        self.bar = Progress(
            MofNCompleteColumn(),
            # So short that all of the line fits into 80 columns.
            BarColumn(bar_width=5),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(),
            refresh_per_second=2,
        )

    def disable(self) -> None:
        self.enabled = False

    def enable(self) -> None:
        self.enabled = True

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        if self.enabled and trainer.is_global_zero:
            self.task = self.bar.add_task(
                "",
                total=trainer.estimated_stepping_batches,
                completed=trainer.global_step,
                numbers="",
            )
            self.bar.start()

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: object, batch_idx: int
    ) -> None:
        if self.bar.live.is_started and trainer.global_step % self.refresh_every == 0:
            self.update(trainer)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if self.bar.live.is_started:
            self.update(trainer)
        self.bar.stop()

    def on_exception(self, trainer: Trainer, gan: GAN, exception: BaseException) -> None:
        self.bar.stop()

    def update(self, trainer: Trainer) -> None:
        self.bar.update(self.task, completed=trainer.global_step, numbers=numbers(trainer))


def numbers(trainer: Trainer) -> str:
    """The last interval's numbers in one line; empty before the first."""
    values = trainer.callback_metrics
    if "loss/generator" not in values:
        return ""
    return (
        f"loss D {values['loss/discriminator']:.2f} G {values['loss/generator']:.2f}"
        f" D(x) {values['prob/real']:.2f} D(G(z)) {values['prob/fake']:.2f}"
        f" {values['time/images_per_second']:,.0f} img/s"
    )
