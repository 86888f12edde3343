"""The best state of a run, by a metric."""

from pathlib import Path
from typing import Any, Literal

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Checkpoint
from torch import Tensor

from forger.gan import GAN


class Best(Checkpoint):
    """checkpoints/<filename>.ckpt in the run folder, at each new value of a curve that is better.

    monitor: the curve. mode: whether its lowest value is best, or its highest: min or max. A value
    that is not finite is never the best, not even as the first. The value at the end of a run
    counts as any other, and a resumed run keeps the best value that it had.
    Raises ValueError for a filename that is a path.
    """

    def __init__(
        self, monitor: str, mode: Literal["min", "max"] = "min", filename: str = "best"
    ) -> None:
        if filename in ("", ".", "..") or "/" in filename or "\\" in filename:
            raise ValueError(f"filename (={filename}) must be a name such as best, not a path")
        if len(filename.encode()) > 200:
            raise ValueError(f"filename (={filename[:40]}...) is too long for a file name")
        self.monitor = monitor
        self.mode = mode
        self.filename = filename
        self.seen: Tensor | None = None
        # The update of the last value that was compared.
        self.update = -1
        self.current: float | None = None
        self.score: float | None = None

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        self.look(trainer)

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        self.look(trainer)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        self.look(trainer)

    def look(self, trainer: Trainer) -> None:
        """Save the state if there is a new value, of this update, and it is better."""
        value = trainer.callback_metrics.get(self.monitor)
        # A measurement makes a new tensor, so a known one was compared before.
        if value is None or value is self.seen:
            return
        self.seen = value
        if self.update == trainer.global_step:
            return
        self.update, self.current = trainer.global_step, value.item()
        sign = 1 if self.mode == "min" else -1
        if value.isfinite() and (self.score is None or sign * self.current < sign * self.score):
            # Before the checkpoint is written, which has the score of its own state.
            self.score = self.current
            folder = Path(trainer.default_root_dir, "checkpoints")
            trainer.save_checkpoint(folder / f"{self.filename}.ckpt")

    @property
    def state_key(self) -> str:
        return self._generate_state_key(monitor=self.monitor, mode=self.mode)

    def state_dict(self) -> dict[str, Any]:
        return {
            "best_model_score": self.score,
            "current_score": self.current,
            "update": self.update,
        }

    def on_load_checkpoint(self, trainer: Trainer, gan: GAN, checkpoint: dict[str, Any]) -> None:
        """Only scores are read: a checkpoint must not choose a path."""
        # The key of version 0.1.0, from Lightning's ModelCheckpoint, has more settings in it.
        key = self.state_key.rstrip("}")
        for name, state in checkpoint["callbacks"].items():
            if name.startswith(key) and (score := state.get("best_model_score")) is not None:
                self.score = float(score)
                self.update = int(state.get("update", checkpoint["global_step"]))
                current = state.get("current_score")
                self.current = None if current is None else float(current)
