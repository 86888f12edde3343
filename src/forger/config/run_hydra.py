"""Calls a function on what Hydra composes of a configuration and the settings of sys.argv."""

import sys
from collections.abc import Callable
from typing import Any, cast

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from forger.config.conf_folder import CONF


def run_hydra(name: str, task: Callable[[DictConfig], object]) -> None:
    """Call `task` on the configuration `name`, or on each of a sweep for `-m`.

    hydra.main does the same, but composes the configuration twice, of which each time takes longer
    than all checks of it: first to look whether a file sets hydra.mode, then to use it.
    """
    arguments = sys.argv[1:]
    flags = [argument for argument in arguments if argument.startswith("-")]
    if flags not in ([], ["-m"]):
        # Such as --help, --cfg and --config-dir, which only hydra.main knows.
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(task)()
        return
    begun = False

    def noted(config: DictConfig) -> object:
        nonlocal begun
        begun = True
        return task(config)

    settings = [argument for argument in arguments if argument != "-m"]
    with hydra.initialize_config_dir(str(CONF), job_name="cli", version_base="1.3"):
        app = cast(Any, GlobalHydra.instance().hydra)
        if not flags:
            try:
                app.run(name, noted, settings)
                return
            except AssertionError:
                # Hydra's own, before the task: hydra.mode is MULTIRUN without -m.
                if begun:
                    raise
        app.multirun(name, task, [*settings, "hydra.mode=MULTIRUN"])
