"""Hydra's view of `forger.sweeps.batched`: a launcher that trains all jobs of a sweep at once."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, configure_log, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict


class Together(Launcher):
    """All jobs of `forger train -m` in one process, their updates computed at once.

    Raises ForgerError for jobs that differ in more than seed and learning rates.
    """

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.context = hydra_context
        self.config = config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        # Hydra imports its plugins at every start, `forger --help` included.
        from forger.errors import ForgerError
        from forger.sweeps.batched import BatchedRuns
        from forger.sweeps.isolation import isolated
        from forger.sweeps.stackable import check_stackable
        from forger.verbs.train import train

        if len(set(map(tuple, job_overrides))) < len(job_overrides):
            raise ForgerError(
                "launcher=together has two jobs of the same settings, and they have one folder:"
                " give each value once"
            )
        # As Hydra's own launcher does before its first job.
        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        configs = [self.compose(list(o), n) for n, o in enumerate(job_overrides, initial_job_idx)]
        check_stackable(configs)
        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        batched = BatchedRuns()
        jobs = [
            partial(
                run_job,
                hydra_context=self.context,
                task_function=partial(train, batched=batched),
                config=config,
                job_dir_key="hydra.sweep.dir",
                job_subdir_key="hydra.sweep.subdir",
            )
            for config in configs
        ]
        outside = HydraConfig.instance().cfg
        try:
            with isolated():
                return batched.run(jobs)
        finally:
            HydraConfig.instance().cfg = outside

    def compose(self, overrides: list[str], number: int) -> DictConfig:
        """The configuration of a job, as it would be trained alone."""
        from forger.config.presets import leave_out_replaced

        config = self.context.config_loader.load_sweep_config(self.config, overrides)
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        leave_out_replaced(config, config.hydra)
        return config
