"""Calls a function on what Hydra composes of a configuration and the settings of sys.argv."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, cast

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from forger.config.conf_folder import CONF

# There is one Hydra in a process, one sys.argv, and one default type of torch: threads take turns.
turn = RLock()


@contextmanager
def hydra_to_oneself() -> Iterator[None]:
    """Within, neither another thread has Hydra nor the application that this may be part of."""
    with turn:
        application, config = GlobalHydra.instance().hydra, HydraConfig.instance().cfg
        GlobalHydra.instance().clear()
        # Otherwise sentences would name what its configuration sets.
        HydraConfig.instance().cfg = None
        try:
            yield
        finally:
            GlobalHydra.instance().hydra, HydraConfig.instance().cfg = application, config


def run_hydra(name: str, task: Callable[[DictConfig], object]) -> None:
    """Call `task` on the configuration `name`, or on each of a sweep, as hydra.main does.

    hydra.main composes all twice, first to look whether a file sets hydra.mode: each time takes
    longer than all checks of a configuration. For a single run it is composed once.
    """
    # Matplotlib says that it looks for fonts, at the first figure on a machine.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.WARNING)
    begun = False

    def noted(config: DictConfig) -> object:
        nonlocal begun
        begun = True
        return task(config)

    if is_single_run(sys.argv[1:]):
        try:
            with hydra.initialize_config_dir(str(CONF), job_name="cli", version_base="1.3"):
                cast(Any, GlobalHydra.instance().hydra).run(name, noted, sys.argv[1:])
            return
        except AssertionError:
            # Hydra's own, before the task: a file sets hydra.mode to MULTIRUN.
            if begun:
                raise
    hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(task)()


def is_single_run(arguments: list[str]) -> bool:
    """Whether nothing is set that only hydra.main knows: its flags, its modes, several values."""
    if any(argument.startswith(("-", "hydra.mode=")) for argument in arguments):
        return False
    parsed = OverridesParser.create().parse_overrides(arguments)
    return not any(override.is_sweep_override() for override in parsed)
