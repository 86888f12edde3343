"""Hydra's own sweeper over all combinations, which tells what will be refused before it starts.

Each start of Hydra imports this file, so that it must be quick.
"""

from collections.abc import Sequence

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, open_dict


class Grid(BasicSweeper):
    """The jobs of `forger train -m`; each setting is composed and tried before the first one."""

    @staticmethod
    def split_arguments(
        overrides: list[Override], max_batch_size: int | None
    ) -> list[list[list[str]]]:
        """The jobs; raises ForgerError for a setting that has no values, or without number."""
        from forger.errors import ForgerError

        for override in filter(Override.is_sweep_override, overrides):
            given = override.input_line
            if override.is_interval_sweep():
                key = override.get_key_element()
                raise ForgerError(
                    f"{given} is for a search: give +sweep=optuna, or values, {key}=1,2"
                )
            if not any(True for _ in override.sweep_iterator()):
                raise ForgerError(f"{given} has no values: give a pattern or a range with some")
        return BasicSweeper.split_arguments(overrides, max_batch_size)

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """Raises Hydra's error for a job that cannot be composed; other faults are announced."""
        from forger.sweeps.announce import say_how_to_go_on
        from forger.sweeps.refusals import announce_refused
        from forger.verbs.train import check_settings

        assert self.hydra_context is not None
        assert self.config is not None
        loader, config = self.hydra_context.config_loader, self.config
        before = (self.batch_index - 1) * (self.max_batch_size or 0)

        def compose(place: int) -> DictConfig:
            job = loader.load_sweep_config(config, list(batch[place]))
            with open_dict(job):
                job.hydra.job.num = before + place
            return job

        announce_refused(batch, compose, check_settings)
        if self.batch_index == 1:
            say_how_to_go_on(config)
