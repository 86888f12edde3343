"""Hydra's way into `forger.sweeps.search`: it takes sweepers from the package hydra_plugins alone.

Each start of Hydra imports this file, so that it must be quick.
"""

from pathlib import Path
from typing import Any, cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException


class OptunaSweeper(Sweeper):
    """One run after another, each with settings that Optuna chooses; see conf/sweep/optuna.yaml."""

    def __init__(self, **settings: Any) -> None:
        """They are read from the configuration, once they have been checked."""

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context = hydra_context
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run trials until there are n_trials, whatever comes of them.

        Raises what is wrong with the settings of the search, or of all its runs.
        """
        from forger.config.schema import check
        from forger.sweeps.announce import say_how_to_go_on
        from forger.sweeps.search import Search
        from forger.sweeps.search_settings import Settings
        from forger.sweeps.search_space import check_whole, examples

        assert self.config is not None
        assert self.hydra_context is not None
        assert self.launcher is not None
        hydra = self.config.hydra
        check(hydra.sweeper, Settings)
        given = [*(f"{key}={value}" for key, value in hydra.sweeper.params.items()), *arguments]
        loader = self.hydra_context.config_loader
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(given)
        # A setting or an option that does not exist is refused before there is a study.
        for trial in examples(parsed):
            check_whole(parsed, loader.load_sweep_config(self.config, trial))
        search = Search(hydra, parsed)
        say_how_to_go_on(self.config)
        while (trial := search.next_trial()) is not None:
            try:
                (job,) = self.launcher.launch([search.overrides(trial)], trial.number)
                _ = job.return_value  # raises the error of a job that failed
            except Exception as error:
                search.record_failure(trial, error)
                # A wrong setting is wrong in all trials: the search ends.
                if isinstance(error, HydraException | OmegaConfBaseException):
                    raise
            except BaseException:
                search.release(trial)
                raise
            else:
                folder = cast(DictConfig, job.hydra_cfg).hydra.runtime.output_dir
                search.record_result(trial, Path(folder))
        search.announce()
