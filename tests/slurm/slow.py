"""A run that takes its time while slow/NAME exists, its own name or that of its sweep."""

import time
from pathlib import Path

from pytorch_lightning import Callback, Trainer


class Slow(Callback):
    def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
        run = Path(trainer.default_root_dir)
        if any(Path("slow", folder.name).exists() for folder in (run, run.parent)):
            time.sleep(0.5)
