"""Hydra's view of `forger.sweeps.batched`: a launcher that trains all jobs of a sweep at once."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, configure_log, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf, open_dict


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
        from forger.sweeps.batched import BatchedRuns
        from forger.sweeps.isolation import isolated
        from forger.verbs.train import train

        # As Hydra's own launcher does before its first job.
        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        configs = []
        for number, overrides in enumerate(job_overrides, initial_job_idx):
            config = self.context.config_loader.load_sweep_config(self.config, list(overrides))
            with open_dict(config):
                config.hydra.job.id = config.hydra.job.num = number
            configs.append(config)
        refuse(configs)
        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        batched: BatchedRuns[JobReturn] = BatchedRuns()
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


def refuse(configs: Sequence[DictConfig]) -> None:
    """Raises ForgerError unless jobs of these configurations can be trained at once."""
    import torch

    from forger.config.build import instantiate_node
    from forger.errors import ForgerError
    from forger.gan import GAN
    from forger.sweeps.stack import refuse_spectral_norm

    first = configs[0]
    if "generator" not in first:
        raise ForgerError("launcher=together is for forger train: remove +launcher=together")
    model = get_class(first.model._target_)
    for method in ("training_step", "algorithm_1", "update_discriminator", "update_generator"):
        if getattr(model, method) is not getattr(GAN, method):
            raise ForgerError(
                f"launcher=together computes Algorithm 1, and {model.__name__} has another"
                f" {method}: give +launcher=joblib, or none"
            )
    if first.trainer.precision != "32-true" or first.trainer.devices != 1:
        raise ForgerError(
            "launcher=together needs one device and full precision: give trainer.precision=32-true"
            " trainer.devices=1"
        )
    for config in configs:
        for name, callback in config.callbacks.items():
            # By class, whatever it is called; they act on what the stacked networks never see.
            if callback._target_.endswith(("Clipping", "CUDAGraph", "Compile")):
                raise ForgerError(
                    f"launcher=together does not work with callbacks.{name}: give ~callbacks.{name}"
                )
    refuse_differences(configs)
    with torch.device("meta"):
        networks = {name: instantiate_node(first, name) for name in ("generator", "discriminator")}
    refuse_spectral_norm(networks)


def refuse_differences(configs: Sequence[DictConfig]) -> None:
    """Raises ForgerError if jobs differ in more than they may."""
    from forger.config.settings import TRAINED
    from forger.errors import ForgerError
    from forger.runs.record import difference

    first, *others = configs
    for config in others:
        for part in TRAINED:
            path = difference(without_own(first, part), without_own(config, part), part)
            if path:
                raise ForgerError(
                    "launcher=together trains jobs that differ in seed and learning rates only,"
                    f" and here {path} differs: take launcher=joblib, or a sweep for each value"
                )


def without_own(config: DictConfig, part: str) -> Any:
    """A node of the configuration without the settings in which members may differ."""
    node = OmegaConf.to_container(config[part], resolve=True)
    assert isinstance(node, dict)
    if part == "data":
        node.pop("seed", None)
    for network in node.values() if part == "optimizer" else ():
        network.pop("lr", None)
    return node
