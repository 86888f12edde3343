"""What a sweep says of itself."""

import shlex
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class Announce(Callback):
    """Says where a sweep lies: before its jobs, since it may be interrupted, and after them."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        folder = config.hydra.sweep.dir
        again = f" with name={config.name}" if Path(folder).name == config.name else ""
        print(f"sweep    {folder}: after a kill, the same command{again}")

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        print(f"report   forger report {shlex.quote(config.hydra.sweep.dir)}")
