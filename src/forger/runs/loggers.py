"""Loggers of curves: curves.jsonl and TensorBoard's event files."""

import math
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities import rank_zero_only

from forger.runs.curves import append
from forger.runs.files import is_started
from forger.runs.signals import handled_by


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals that may end this process wait until what is done here is done.

    So a point is in all loggers, and in the state of the callback that made it, or in none.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Signals that came in between are raised again afterwards.
    waiting: list[int] = []
    try:
        with handled_by(lambda number, _: waiting.append(number), (signal.SIGINT, signal.SIGTERM)):
            yield
    finally:
        for number in waiting:
            signal.raise_signal(number)


def log_values(trainer: Trainer, values: dict[str, float]) -> None:
    """Values of this update, to every logger, at the clock's time, and to all other callbacks."""
    with uninterrupted():
        for logger in trainer.loggers:
            logger.log_metrics(values, step=trainer.global_step)
    trainer.callback_metrics.update({k: torch.tensor(v) for k, v in values.items()})


class RunFolderLogger(Logger):
    """A logger of a file in the run folder: it has neither a name nor versions."""

    @property
    def name(self) -> str:
        return ""

    @property
    def version(self) -> str:
        return ""

    def log_hyperparams(self, *_: Any, **__: Any) -> None:
        """Nothing: the configuration is in the same folder."""


class CurvesFile(RunFolderLogger):
    """Writes what is logged to curves.jsonl in `save_dir`, the run folder, at once.

    Raises FileNotFoundError if the folder was moved or removed: what is written after that would
    be half of a new one.
    """

    def __init__(self, save_dir: Path) -> None:
        super().__init__()
        self.folder = save_dir

    @property
    def save_dir(self) -> str:
        return str(self.folder)

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.save()
        values = {name: float(value) for name, value in metrics.items()}
        append(self.folder, values, step or 0)

    @rank_zero_only
    def save(self) -> None:
        """Called before each checkpoint, too."""
        if not is_started(self.folder):
            raise FileNotFoundError(self.folder)


class TensorBoard(TensorBoardLogger):
    """Lightning's logger, without values that are not finite, which HPARAMS cannot sort.

    A curve ends where it has no more finite values.
    """

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        super().log_metrics({k: v for k, v in metrics.items() if math.isfinite(v)}, step)


def leave_to_main_thread(failure: threading.ExceptHookArgs) -> None:
    """Ignore the error of a thread that cannot write.

    TensorBoard raises the error of its writing thread in the main thread too, at the next point.
    """
    if not isinstance(failure.exc_value, OSError):
        threading.__excepthook__(failure)
