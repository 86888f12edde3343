"""Progress of a run: one bar in a terminal, plain lines elsewhere."""

import time
from datetime import timedelta

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import ProgressBar
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from forger.checks import check_positive
from forger.gan import GAN
from forger.runs.terminal import in_terminal


class RunProgress(ProgressBar):
    """Progress of a run: updates, losses, D(x), D(G(z)), images per second and time left.

    In a terminal it is a bar that counts generator updates from the first to the last, not epochs;
    its numbers are those of the last logging interval. Anywhere else, as under nohup, in a pipe and
    in a batch job of SLURM's, it is a line at the end of each interval, with the metrics if they
    were measured in it. refresh_every: number of updates between two refreshes of the bar.
    """

    def __init__(self, refresh_every: int) -> None:
        super().__init__()
        check_positive(refresh_every=refresh_every)
        self.refresh_every = refresh_every
        self.enabled = True
        self.shows_bar = self.prints_lines = False
        # The start of each line, where several runs write to one log.
        self.job = ""
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
        self.shows_bar = self.prints_lines = False
        if not self.enabled or not trainer.is_global_zero:
            return
        self.total = trainer.estimated_stepping_batches
        self.begun, self.first = time.monotonic(), trainer.global_step
        # A resumed run must not repeat the metrics of its checkpoint as news.
        self.printed_step, self.metrics = trainer.global_step, metrics(trainer)
        self.shows_bar = in_terminal()
        self.prints_lines = not self.shows_bar
        if self.shows_bar:
            self.task = self.bar.add_task(
                "", total=self.total, completed=trainer.global_step, numbers=""
            )
            self.bar.start()

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        every = trainer.log_every_n_steps  # pyright: ignore[reportAttributeAccessIssue]
        if self.shows_bar and trainer.global_step % self.refresh_every == 0:
            self.update(trainer)
        elif self.prints_lines and trainer.global_step % every == 0:
            self.write(trainer)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if self.shows_bar:
            self.update(trainer)
            self.bar.stop()
        elif self.prints_lines and self.printed_step != trainer.global_step:
            self.write(trainer)

    def on_exception(self, trainer: Trainer, gan: GAN, exception: BaseException) -> None:
        if self.shows_bar:
            self.bar.stop()

    def update(self, trainer: Trainer) -> None:
        self.bar.update(self.task, completed=trainer.global_step, numbers=numbers(trainer))

    def write(self, trainer: Trainer) -> None:
        """One line, at once: whoever reads a log wants to see that the run is alive."""
        step, found = trainer.global_step, metrics(trainer)
        # The pace of this process: a resumed run may be on another machine.
        seconds = (time.monotonic() - self.begun) * (self.total - step) / (step - self.first)
        # An end in a thousand years is not shown.
        soon = step < self.total and seconds < 3e10
        left = f"{timedelta(seconds=round(seconds))} left" if soon else ""
        news = found if found != self.metrics else ""
        self.printed_step, self.metrics = step, found
        width = len(str(self.total))
        words = (self.job, f"{step:>{width}}/{self.total}", numbers(trainer), news, left)
        print("  ".join(filter(None, words)), flush=True)


def metrics(trainer: Trainer) -> str:
    """The metrics that were measured last, in a line; empty before."""
    values = trainer.callback_metrics.items()
    measured = {n.removeprefix("metric/"): v for n, v in values if n.startswith("metric/")}
    return " ".join(f"{name} {value:.4g}" for name, value in measured.items())


def numbers(trainer: Trainer) -> str:
    """The last interval's numbers in one line; empty before the first."""
    values = trainer.callback_metrics
    if "loss/generator" not in values:
        return ""
    names = ("loss/discriminator", "loss/generator", "prob/real", "prob/fake")
    # A zero is added, since a small negative number would be shown as -0.00.
    d, g, real, fake = (f"{round(float(values[name]), 2) + 0.0:.2f}" for name in names)
    kind = "img" if getattr(trainer.lightning_module, "value_range", None) else "examples"
    speed = f"{values['time/images_per_second']:,.0f} {kind}/s"
    return f"loss D {d} G {g} D(x) {real} D(G(z)) {fake} {speed}"
