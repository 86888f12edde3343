"""`forger train`: a run, from configuration to samples."""

import logging
import math
import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import cast

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback, Checkpoint
from pytorch_lightning.loggers import Logger
from pytorch_lightning.strategies import ParallelStrategy

from forger.build import build, make, read, rehearse, restore
from forger.callbacks.progress import numbers
from forger.checkpoints import WholeCheckpoints
from forger.curves import read_curves
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.files import remove_partial, write_json
from forger.gan import GAN
from forger.isolation import isolated
from forger.loggers import CurvesFile, leave_to_main_thread
from forger.metrics import evaluator
from forger.record import difference, holds, record, seed_of
from forger.runs import (
    ENDED,
    claimed,
    find_checkpoint,
    find_run,
    read_starts,
    read_summary,
    version_of,
)
from forger.schema import Train, check, shape_faults
from forger.signals import interruptible
from forger.together import Company
from forger.trust import check_trust, trusting
from forger.version import written_by


def run(config: DictConfig) -> float | None:
    """Train what the configuration describes, in Hydra's output folder.

    A folder with this very configuration is gone on with from its last checkpoint, or left as it is
    if it came to its end. Raises ForgerError if it holds a run of another.
    Returns the last Fréchet distance, for sweepers; None if it was not measured.
    """
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        with isolated():
            return train(config)
    return train(config)


def train(config: DictConfig, company: Company | None = None) -> float | None:
    """`run`, alone or as one of a company of runs whose updates are computed at once."""
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    checkpoint = find_checkpoint(config.resume) if config.resume else None
    if stored := config.resume or config.repeat:
        with naming_version(config):
            check_trust(config, config.trust, stored)
    if "seed" in config and config.seed is None:
        config.seed = seed_of(folder)
        print(f"seed     {config.seed}, by chance: it is in run.json")
    with naming_version(config):
        check(config, Train)
        rehearse(config)
    again = checkpoint is None and (folder / "run.json").exists()
    if again and not holds(folder, config):
        raise ForgerError(f"{folder} holds a run already: give resume={folder}, or another name=")
    if again and (summary := read_summary(folder)).get("status") in ENDED:
        print(f"{summary['status']} before: {shown(folder)}")
        return summary["metrics"].get("metric/fid")
    if again and (last := folder / "checkpoints" / "last.ckpt").exists():
        checkpoint = last
    gan, step = build(config), -1
    if checkpoint:
        step = restore_run(gan, config, checkpoint, folder)
    # Lightning's way of asking for a GPU is slow where there is none, and Adam asks at each step.
    os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    trainer = make_trainer(config, folder, step + 1 if again or checkpoint else None)
    if trainer.world_size > 1:
        check_processes(trainer, config)
    data = make(config, "data")
    if not isinstance(data, InMemory):
        raise ForgerError(f"data._target_ (={config.data._target_}) must be a child of InMemory")
    data.prepare_data()
    data.setup("fit")
    if absent := set(range(gan.classes or 0)).difference(data.splits["train"].labels.tolist()):
        raise ForgerError(
            f"data.classes is {gan.classes}, but no training example is of class {min(absent)}"
        )
    shared = hydra.job.config.override_dirname.exclude_keys
    judge = data.evaluator and evaluator.find(data.evaluator, data.root)
    known = evaluator.checksum(judge) if judge else None
    with claimed(folder) if trainer.is_global_zero else nullcontext():
        # Of a run that was killed nobody knows; one that was interrupted has left them.
        earlier = read_summary(folder).get("seconds", 0.0) if checkpoint else 0.0
        if trainer.is_global_zero:
            checksum = data.checksum
            if checkpoint:
                check_data(folder, checksum)
                print(f"goes on  from update {step} of {shown(folder)}")
            remove_partial(folder)
            record(folder, config, list(hydra.overrides.task), checksum, shared, known)
            (folder / "summary.json").unlink(missing_ok=True)
        start = time.monotonic()
        error = None
        try:
            with company.member(trainer, gan) if company else interruptible(trainer):
                trainer.fit(gan, datamodule=data, ckpt_path=checkpoint, weights_only=True)
        except BaseException as exception:
            error = exception
            raise
        finally:
            if trainer.is_global_zero:
                summarise(trainer, folder, earlier + time.monotonic() - start, error)
                if not isinstance(error, Exception):
                    announce(folder, config, numbers(trainer))
    return read_summary(folder)["metrics"].get("metric/fid") if trainer.is_global_zero else None


@contextmanager
def naming_version(config: DictConfig) -> Iterator[None]:
    """Of settings that another Forger stored, and that no longer fit, its version is told."""
    try:
        yield
    except ForgerError as error:
        stored = config.resume or config.repeat
        run = find_run(find_checkpoint(stored)) if stored else None
        by = written_by(version_of(run)) if run else ""
        if not by:
            raise
        raise ForgerError(f"{run}{by}: {error}") from error


def restore_run(gan: GAN, config: DictConfig, checkpoint: Path, folder: Path) -> int:
    """Put a checkpoint's weights into the GAN of a run that goes on; the update it stands at.

    Raises ForgerError if it holds no state of a run, one of other optimizers or schedules, or the
    end of one.
    """
    state = read(checkpoint)
    if not {"global_step", "optimizer_states", "loops"} <= state.keys():
        raise ForgerError(f"{checkpoint} holds a GAN alone, and no state of a run to go on with")
    restore(gan, state, checkpoint)
    before, now = state["config"], gan.config
    for fault in shape_faults(before, ("optimizer", "schedule")):
        raise ForgerError(f"{checkpoint} is damaged: in its configuration {fault}")
    for part in ("optimizer", "schedule"):
        if changed := difference(before[part], now[part], part):
            # Their state brings its own, the rate among them: others would be recorded, not used.
            raise ForgerError(
                f"{changed} cannot change when a run goes on: leave it"
                f" {OmegaConf.select(OmegaConf.create(before), changed)}, or start a run of its own"
            )
    step = state["global_step"]
    ended = read_summary(folder).get("status") in ENDED
    if ended and step >= config.trainer.max_steps > 0:
        longer = f"trainer.max_steps={2 * step}"
        # A rate that has fallen to nothing by now would teach nothing more.
        planned = any(step in (node or {}).values() for node in before["schedule"].values())
        new, more = f", and of its schedule: start one of {longer}", f": to go on give {longer}"
        way = new if planned else more
        raise ForgerError(f"{checkpoint} is the end of its run, update {step}{way}")
    return step


def make_trainer(config: DictConfig, folder: Path, purge_step: int | None) -> Trainer:
    """Lightning's Trainer, writing to the run folder and saying nothing that is not news.

    purge_step: points from there on may be in the curves already, and are made again.
    """
    threading.excepthook = leave_to_main_thread
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", ".*GPU available but not used.*")
    warnings.filterwarnings("ignore", ".*LeafSpec.*")
    warnings.filterwarnings("ignore", ".*ModelCheckpoint with manual optimization.*")
    warnings.filterwarnings("ignore", ".*Checkpoint directory .* exists and is not empty.*")
    warnings.filterwarnings("ignore", ".*The dirpath has changed.*")
    callbacks = [make(config.callbacks, name) for name in config.callbacks]
    for name, callback in zip(config.callbacks, callbacks, strict=True):
        if not isinstance(callback, Callback):
            raise ForgerError(
                f"callbacks.{name}._target_ makes a {type(callback).__name__}: no callback"
            )
    purge = {} if purge_step is None else {"purge_step": purge_step}
    loggers: list[Logger] = [CurvesFile(folder, **purge)]
    if config.logger is not None:
        loggers.insert(0, make(config, "logger", save_dir=folder, **purge))
    try:
        trainer: Trainer = make(
            config,
            "trainer",
            callbacks=callbacks,
            logger=loggers,
            default_root_dir=folder,
            enable_checkpointing=any(isinstance(c, Checkpoint) for c in callbacks),
        )
    except ForgerError as error:
        if config.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
            raise ForgerError(
                f"trainer.accelerator is {config.trainer.accelerator}, but PyTorch sees no GPU"
                " here: take trainer=cpu"
            ) from error
        raise
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeCheckpoints()
    return trainer


def check_data(folder: Path, checksum: str) -> None:
    """Raises ForgerError if a run would go on with other training examples than it had."""
    starts = read_starts(folder)
    if starts and (before := starts[-1]["data_sha256"]) != checksum:
        raise ForgerError(
            f"the training examples are not those that {folder} was trained on, whose SHA-256 is"
            f" {before[:8]}…: bring these back, or start a run of its own"
        )


def check_processes(trainer: Trainer, config: DictConfig) -> None:
    """Raises ForgerError unless each of several processes was started from outside, with one name.

    Lightning would start the others itself, by a command line that has no verb.
    """
    strategy = cast(ParallelStrategy, trainer.strategy)
    environment = strategy.cluster_environment
    if environment is None or not environment.creates_processes_externally:
        raise ForgerError(
            f"trainer.devices is {config.trainer.devices}: start a process for each, by torchrun"
            f" --nproc-per-node={trainer.num_devices} -m forger.cli train name=... and the rest"
        )
    given = {override.partition("=")[0] for override in HydraConfig.get().overrides.task}
    if not given & {"name", "resume"}:
        raise ForgerError("name is not set: the processes of a run need it to agree on its folder")


def summarise(trainer: Trainer, folder: Path, seconds: float, error: BaseException | None) -> None:
    """Write summary.json: how the run ended, and the last value of each curve.

    The values come from the curves' file: a run killed past its last point makes none after it.
    """
    metrics = {name: curve[max(curve)] for name, curve in read_curves(folder).items()}
    losses = [value for name, value in metrics.items() if name.startswith("loss/")]
    finished = trainer.global_step == trainer.max_steps
    finished |= trainer.max_steps == -1 and not trainer.should_stop
    pruned = any(getattr(c, "pruned", False) for c in trainer.callbacks)  # pyright: ignore
    status = "done" if finished else "pruned" if pruned else "stopped"
    if not all(map(math.isfinite, losses)):
        status = "diverged"
    summary = {"status": status, "updates": trainer.global_step, "seconds": seconds}
    if error is not None:
        failed = isinstance(error, Exception)
        summary["status"] = "failed" if failed else "interrupted"
        summary["error"] = f"{type(error).__name__}: {error}"
    summary["metrics"] = metrics
    write_json(folder / "summary.json", summary)


def announce(folder: Path, config: DictConfig, numbers: str) -> None:
    """Say how the run ended, its metrics, where it lies, how to look at it, and how to go on."""
    summary = read_summary(folder)
    updates, seconds = summary["updates"], summary["seconds"]
    print(f"\n{summary['status']}: {updates} updates in {seconds:.0f} s  {numbers}")
    metrics = [
        f"{name.removeprefix('metric/')} {value:.4g}"
        for name, value in summary["metrics"].items()
        if name.startswith("metric/") and value is not None
    ]
    if metrics:
        print(f"metrics  {', '.join(metrics)}")
    print(f"run      {shown(folder)}")
    if (folder / "samples.png").exists():
        print(f"samples  {shown(folder)}/samples.png")
    print(f"look     tensorboard --logdir {shown(folder)}")
    if summary["status"] not in ENDED and (folder / "checkpoints" / "last.ckpt").exists():
        print(f"go on    forger train resume={shown(folder)}{trusting(config)}")


def shown(folder: Path) -> Path:
    """As short as it can be typed from here."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
