"""A run that takes its time while ./slow/RUN exists, and none once it does not."""

import time
from pathlib import Path

from pytorch_lightning import Callback, Trainer


class Slow(Callback):
    def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
        if Path("slow", Path(trainer.default_root_dir).name).exists():
            time.sleep(0.5)
