"""Hydra's own sweeper over all combinations, which tells what will be refused before it starts.

Each start of Hydra imports this file, so that it must be quick.
"""

from collections.abc import Sequence

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from omegaconf import DictConfig, open_dict


class Grid(BasicSweeper):
    """The jobs of `forger train -m`; each setting is composed and tried before the first one."""

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
