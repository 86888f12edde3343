"""Runs of several processes: by torchrun, or as tasks of SLURM."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import cast

from hydra.core.hydra_config import HydraConfig
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer
from pytorch_lightning.strategies import ParallelStrategy
from pytorch_lightning.utilities import rank_zero_only

from forger.config.overrides import key_of
from forger.errors import ForgerError


def show_tasks() -> None:
    """Let Lightning see that this is one of several tasks of `srun`, wherever that was typed.

    By the name of the job, it takes each task in a shell of SLURM's (`salloc`, `srun --pty bash`)
    for a whole run; and of `srun -n2` it does not know how many tasks each machine has.
    """
    several = os.environ.get("SLURM_STEP_NUM_TASKS", "1") != "1"
    # Written as 2, or as 2(x3) on three machines.
    alike = re.fullmatch(r"(\d+)(\(x\d+\))?", os.environ.get("SLURM_STEP_TASKS_PER_NODE", ""))
    if several and alike:
        os.environ["SLURM_NTASKS_PER_NODE"] = alike[1]
        os.environ["SLURM_JOB_NAME"] = "forger"


@contextmanager
def told_once() -> Iterator[None]:
    """Within, only the first process of a run prints."""
    with redirect_stdout(None) if getattr(rank_zero_only, "rank", 0) else nullcontext():
        yield


def check_processes(trainer: Trainer, config: DictConfig) -> None:
    """Raises ForgerError unless several processes were started from outside, by ddp, to be one run.

    Lightning would start the others itself, by a command line that has no verb.
    """
    if config.trainer.get("strategy", "auto") == "auto":
        # Lightning's choice would end with an error of DDP's in the first update.
        raise ForgerError(
            f"trainer.devices is {config.trainer.devices} and trainer.strategy is not set: give"
            " trainer=ddp, on the processor with trainer.accelerator=cpu"
        )
    strategy = cast(ParallelStrategy, trainer.strategy)
    environment = strategy.cluster_environment
    started = environment is not None and environment.creates_processes_externally
    slurm = "SLURM_JOB_ID" in os.environ
    # A batch script of SLURM is one process, whatever number of tasks it starts.
    script = isinstance(environment, SLURMEnvironment) and "SLURM_STEP_ID" not in os.environ
    if not started or script:
        # Lightning has counted the devices by now.
        number, nodes = trainer.num_devices, trainer.num_nodes
        machines = f"--nnodes={nodes} " if nodes > 1 else ""
        torchrun = f"torchrun {machines}--nproc-per-node={number} -m forger.cli"
        command = f"srun --ntasks-per-node={number} forger" if slurm else torchrun
        many = f" and trainer.num_nodes is {nodes}" if nodes > 1 else ""
        raise ForgerError(
            f"trainer.devices is {config.trainer.devices}{many}: start a process for each, by"
            f" {command} train name=... and the rest"
        )
    given = set(map(key_of, HydraConfig.get().overrides.task))
    if not given & {"name", "resume"}:
        raise ForgerError("name is not set: give name=..., by which processes agree on a folder")


def check_common_seed(config: DictConfig) -> None:
    """Raises ForgerError for a seed by chance where several processes may be one run."""
    if OmegaConf.select(config, "trainer.strategy", default="auto") != "auto":
        raise ForgerError("seed is null, so that each process has one of its own: give seed=...")
