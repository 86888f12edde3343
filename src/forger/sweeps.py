"""What a sweep says of itself."""

import shlex
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class Announce(Callback):
    """Says where a sweep lies: before its jobs, since it may be interrupted, and after them."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        print(f"sweep    {config.hydra.sweep.dir}: after a kill, the same with name={config.name}")

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        print(f"report   forger report {shlex.quote(config.hydra.sweep.dir)}")
