"""`forger train`: a run, from configuration to samples."""

import inspect
import logging
import math
import os
import re
import shlex
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import get_object
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback, Checkpoint, ProgressBar
from pytorch_lightning.loggers import Logger, TensorBoardLogger
from pytorch_lightning.strategies import ParallelStrategy
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from forger.build import build, check_size, make, read, rehearse, restore, sample_bytes
from forger.callbacks.checkpoint import Checkpoint as LastCheckpoint
from forger.callbacks.curves import CHARTS, Curves
from forger.callbacks.doctor import Doctor, diverged
from forger.callbacks.measure import Measure
from forger.callbacks.progress import RunProgress, numbers
from forger.checkpoints import WholeCheckpoints, state_faults
from forger.checks import enough_memory, memory
from forger.curves import purge, read_curves
from forger.data.memory import InMemory
from forger.errors import ForgerError, said
from forger.files import remove_partial, write_json
from forger.gan import GAN
from forger.isolation import isolated
from forger.loggers import CurvesFile, leave_to_main_thread
from forger.loops import end_in_any_case
from forger.metrics import evaluator
from forger.overrides import shown, typed
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
from forger.schema import Train, check, nearest, shape_faults
from forger.signals import interruptible, passing_on
from forger.together import Company
from forger.trust import check_links, check_trust, trusting
from forger.version import written_by

# Warnings of others that are not true here, by their words: all else that a library says is shown.
UNTRUE = (
    "GPU available but not used",
    "LeafSpec",
    "ModelCheckpoint with manual optimization",
    "Checkpoint directory .* exists and is not empty",
    "The dirpath has changed",
    "callbacks used to create the checkpoint need",
    # Forger logs by the clock of updates, whatever an epoch is.
    "number of training batches .* is smaller than the logging interval",
    # Nobody needs it to train on the machine that SLURM is installed on.
    "`srun` command is available on your system but is not used",
)
# What Lightning says of each run, where it says it.
NO_NEWS = re.compile(
    r"GPU available|TPU available|💡 Tip|`Trainer\.fit` stopped|Restor(ing|ed) |Using \S+ Automatic"
    r"|Loading `train_dataloader`|LOCAL_RANK: |SLURM auto-requeueing|\s*Detected KeyboardInterrupt"
    r"|(\[rank: \d+\] )?(Bypassing|Received) SIGTERM|`weights_only` was not set"
)
SOURCES = (
    "pytorch_lightning.utilities.rank_zero",
    "pytorch_lightning.accelerators.cuda",
    "pytorch_lightning.trainer.connectors.checkpoint_connector",
    "pytorch_lightning.trainer.connectors.signal_connector",
)

COUNTS = (("n",), ("rows", "columns"), ("lines",))
"""Settings of callbacks that are, or make together, a number of samples."""


def is_news(record: logging.LogRecord) -> bool:
    return NO_NEWS.match(record.getMessage()) is None


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
    """`run`, alone or as one of a company of runs whose updates are computed at once.

    Nothing is written in the folder, nor read what it is to go on with, before it is claimed.
    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    checkpoint = find_checkpoint(config.resume) if config.resume else None
    if stored := config.resume or config.repeat:
        given = {override.lstrip("+").partition("=")[0] for override in hydra.overrides.task}
        with naming_version(config):
            check_trust(config, config.trust, stored, given)
    if config.resume:
        check_links(folder, config.trust)
    if "seed" in config and config.seed is None:
        config.seed = seed_of(folder)
        print(f"seed     {config.seed}, by chance: it is in run.json")
    with naming_version(config):
        check(config, Train)
        rehearse(config)
    check_size(config, memory(), "this machine's memory")
    with claimed(folder) if is_first(config) else nullcontext():
        return train_in(folder, config, checkpoint, company)


def train_in(
    folder: Path, config: DictConfig, checkpoint: Path | None, company: Company | None
) -> float | None:
    """`train` in a folder that is claimed; checkpoint: what resume= gives."""
    hydra = HydraConfig.get()
    again = checkpoint is None and (folder / "run.json").exists()
    if again and not holds(folder, config):
        raise ForgerError(
            f"{folder} holds a run already: give {typed('resume', folder)}, or another name="
        )
    if again and (summary := read_summary(folder)).get("status") in ENDED:
        print(f"{summary['status']} before: {shown(folder)}")
        return summary["metrics"].get("metric/fid")
    if again and (last := folder / "checkpoints" / "last.ckpt").exists():
        checkpoint = last
    if checkpoint:
        check_size(config, 4 * checkpoint.stat().st_size, f"four times {checkpoint}")
    gan, step, states = build(config), -1, {}
    if checkpoint:
        states = restore_run(gan, config, checkpoint, folder)
        step = states["global_step"]
    trainer = make_trainer(config, folder, step + 1 if again or checkpoint else None)
    if checkpoint:
        check_states(states, gan, trainer, checkpoint)
    bar = trainer.progress_bar_callback
    if hydra.mode == RunMode.MULTIRUN and company is None and isinstance(bar, RunProgress):
        bar.job = folder.name
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
    check_counts(config, gan)
    check_monitors(config, trainer, gan, data)
    if "class_names" in gan.config["data"]:
        # What each label stands for, for those who have the checkpoint alone.
        gan.config["data"]["class_names"] = data.class_names and list(data.class_names)
    shared = hydra.job.config.override_dirname.exclude_keys
    judge = data.evaluator and evaluator.find(data.evaluator, data.root)
    known = evaluator.checksum(judge) if judge else None
    with passing_on() if company is None else nullcontext():
        # Of a run that was killed nobody knows; one that was interrupted has left them.
        earlier = read_summary(folder).get("seconds", 0.0) if checkpoint else 0.0
        if trainer.is_global_zero:
            checksum = data.checksum
            if checkpoint:
                check_data(folder, checksum)
                print(f"goes on  from update {step} of {shown(folder)}")
            remove_partial(folder)
            if again or checkpoint:
                # Points from there on are made again.
                purge(folder, step + 1)
            overrides = list(hydra.overrides.task)
            record(folder, config, overrides, checksum, shared, known, data.class_names)
            (folder / "summary.json").unlink(missing_ok=True)
            print(f"run      {shown(folder)}")
            print(look(trainer, folder), end="", flush=True)
        start = time.monotonic()
        error = None
        try:
            with company.member(trainer, gan) if company else interruptible(trainer):
                trainer.fit(gan, datamodule=data, ckpt_path=checkpoint, weights_only=True)
        except MisconfigurationException as exception:
            # Of a callback, say, that does not go with two optimizers.
            error = exception
            raise ForgerError(said(exception)) from exception
        except Exception as exception:
            error = exception
            # Lightning keeps it until all of it is restored.
            if trainer._checkpoint_connector._loaded_checkpoint:
                raise unfit(checkpoint, said(exception)) from exception
            raise
        except BaseException as exception:
            error = exception
            raise
        finally:
            if trainer.is_global_zero:
                summarise(trainer, folder, earlier + time.monotonic() - start, error)
                if not isinstance(error, Exception):
                    announce(folder, config, trainer)
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


def is_first(config: DictConfig) -> bool:
    """Whether this process is the first, or only one, of its run: the one that writes.

    Lightning alone knows how to tell, and needs a trainer for it.
    """
    return lightning_trainer(config, logger=False, enable_checkpointing=False).is_global_zero


def restore_run(gan: GAN, config: DictConfig, checkpoint: Path, folder: Path) -> dict[str, Any]:
    """Put a checkpoint's weights into the GAN of a run that goes on; what the checkpoint holds.

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
    return state


def check_states(states: dict[str, Any], gan: GAN, trainer: Trainer, checkpoint: Path) -> None:
    """Raises ForgerError if a run cannot go on from these states of a checkpoint."""
    optimizers: dict[str, Optimizer] = {}
    schedules: dict[str, LRScheduler] = {}
    for name in ("generator", "discriminator"):
        # Of parameters that are nobody's, with no way to go.
        parameters = [nn.Parameter(torch.zeros_like(p)) for p in getattr(gan, name).parameters()]
        for parameter in parameters:
            parameter.grad = torch.zeros_like(parameter)
        optimizers[name] = gan.optimizer[name](parameters)
        if make_schedule := gan.schedule[name]:
            schedules[name] = make_schedule(optimizers[name])
        optimizers[name].step()
    callbacks: list[Callback] = trainer.callbacks  # pyright: ignore
    if fault := next(state_faults(states, optimizers, schedules, callbacks), None):
        raise unfit(checkpoint, fault)


def unfit(checkpoint: Path | None, fault: str) -> ForgerError:
    return ForgerError(
        f"{checkpoint} is damaged: a run cannot go on with its state of optimizers, loops and"
        f" callbacks ({fault}): take another checkpoint, or start a run of its own"
    )


def make_trainer(config: DictConfig, folder: Path, purge_step: int | None) -> Trainer:
    """The trainer of a run, which writes to its folder, though not before it trains.

    purge_step: points from there on may be in the curves already, and are made again.
    """
    callbacks = [make(config, f"callbacks.{name}") for name in config.callbacks]
    for name, callback in zip(config.callbacks, callbacks, strict=True):
        if not isinstance(callback, Callback):
            raise ForgerError(
                f"callbacks.{name}._target_ makes a {type(callback).__name__}: no callback"
            )
    pairs = zip(config.callbacks, callbacks, strict=True)
    bars = [name for name, callback in pairs if isinstance(callback, ProgressBar)]
    if len(bars) > 1:
        raise ForgerError(
            f"callbacks.{bars[0]} and callbacks.{bars[1]} are both progress bars: give"
            f" ~callbacks.{bars[0]}"
        )
    # Last: what all others make of an update belongs in its checkpoint.
    callbacks.sort(key=lambda callback: isinstance(callback, LastCheckpoint))
    loggers: list[Logger] = [CurvesFile(folder)]
    if config.logger is not None:
        target = get_object(config.logger._target_)
        tensorboard = inspect.isclass(target) and issubclass(target, TensorBoardLogger)
        # From the first start on: TensorBoard takes the first such mark in a folder for no restart.
        known = {"purge_step": purge_step or 0} if tensorboard else {}
        loggers.insert(0, make(config, "logger", save_dir=folder, **known))
    # Without ours there is none: Lightning would count epochs in one of its own.
    has_bar = any(isinstance(c, ProgressBar) for c in callbacks)
    quiet = (
        {} if has_bar or "enable_progress_bar" in config.trainer else {"enable_progress_bar": False}
    )
    trainer = lightning_trainer(
        config,
        callbacks=callbacks,
        logger=loggers,
        default_root_dir=folder,
        **quiet,
        enable_checkpointing=any(isinstance(c, Checkpoint) for c in callbacks),
    )
    end_in_any_case(trainer)
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeCheckpoints()
    return trainer


def lightning_trainer(config: DictConfig, **settings: Any) -> Trainer:
    """Lightning's Trainer, which says nothing that is not news.

    settings: those that `config.trainer` leaves open.
    """
    threading.excepthook = leave_to_main_thread
    for name in SOURCES:
        logging.getLogger(name).addFilter(is_news)
    for untrue in UNTRUE:
        warnings.filterwarnings("ignore", f".*{untrue}")
    # Lightning's way of asking for a GPU is slow where there is none, and Adam asks at each step.
    os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    show_tasks()
    try:
        return make(config, "trainer", **settings)
    except ForgerError as error:
        if config.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
            raise ForgerError(
                f"trainer.accelerator is {config.trainer.accelerator}, but PyTorch sees no GPU"
                " here: take trainer=cpu"
            ) from error
        raise


def show_tasks() -> None:
    """Let Lightning see that this is one of several tasks of `srun`, wherever that was typed.

    By the name of the job, it takes each task in a shell of SLURM's (`salloc`, `srun --pty bash`)
    for a whole run; and of `srun -n2` it does not know how many tasks each machine has.
    """
    several = os.environ.get("SLURM_STEP_NUM_TASKS", "1") != "1"
    # As 2, or 2(x3) on three machines.
    alike = re.fullmatch(r"(\d+)(\(x\d+\))?", os.environ.get("SLURM_STEP_TASKS_PER_NODE", ""))
    if several and alike:
        os.environ["SLURM_NTASKS_PER_NODE"] = alike[1]
        os.environ["SLURM_JOB_NAME"] = "forger"


def check_counts(config: DictConfig, gan: GAN) -> None:
    """Raises ForgerError for a callback that would draw more samples than the memory takes."""
    for name, node in config.callbacks.items():
        for keys in COUNTS:
            counts = {f"callbacks.{name}.{key}": node[key] for key in keys if key in node}
            if node._target_.startswith("forger.callbacks.") and counts:
                enough_memory(math.prod(counts.values()) * sample_bytes(gan), **counts)


def check_monitors(config: DictConfig, trainer: Trainer, gan: GAN, data: InMemory) -> None:
    """Rehearse what is measured; raises ForgerError if a callback waits for what never is.

    Only says so where callbacks or a model of one's own may measure it.
    """
    callbacks: list[Callback] = trainer.callbacks  # pyright: ignore
    known: set[str] = set()
    for callback in callbacks:
        if isinstance(callback, Measure):
            known |= callback.prepare(gan, data)
        if isinstance(callback, Curves):
            known |= {name for names in CHARTS.values() for name in names}
            known.add("time/images_per_second")
    ours = ("forger.", "pytorch_lightning.")
    own = [part for part in (gan, *callbacks) if not type(part).__module__.startswith(ours)]
    for name, node in config.callbacks.items():
        monitor = node.get("monitor")
        # A number for each class, say, is not there for few samples.
        if not monitor or any(monitor == n or monitor.startswith(f"{n}_") for n in known):
            continue
        sentence = (
            f"callbacks.{name}.monitor (={monitor}) is not measured{nearest(monitor, known)};"
            f" give another, or ~callbacks.{name}"
        )
        if not own:
            raise ForgerError(sentence)
        if trainer.is_global_zero:
            print(f"monitor  {sentence}, unless {type(own[0]).__name__} measures it")


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
    started = environment is not None and environment.creates_processes_externally
    slurm = "SLURM_JOB_ID" in os.environ
    # A batch script of SLURM's is one process, however many tasks it may start.
    script = isinstance(environment, SLURMEnvironment) and "SLURM_STEP_ID" not in os.environ
    if not started or script:
        number = trainer.num_devices
        torchrun = f"torchrun --nproc-per-node={number} -m forger.cli"
        command = f"srun --ntasks-per-node={number} forger" if slurm else torchrun
        raise ForgerError(
            f"trainer.devices is {config.trainer.devices}: start a process for each, by {command}"
            " train name=... and the rest"
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
    # Updates or epochs have come to their end, and nobody asked for another one.
    finished = trainer.global_step == trainer.max_steps or not trainer.should_stop
    pruned = any(getattr(c, "pruned", False) for c in trainer.callbacks)  # pyright: ignore
    status = "done" if finished else "pruned" if pruned else "stopped"
    if any(map(diverged, losses)):
        status = "diverged"
    summary = {"status": status, "updates": trainer.global_step, "seconds": seconds}
    if error is not None:
        failed = isinstance(error, Exception)
        summary["status"] = "failed" if failed else "interrupted"
        summary["error"] = f"{type(error).__name__}: {error}"
    summary["metrics"] = metrics
    write_json(folder / "summary.json", summary)


def notes(trainer: Trainer) -> list[str]:
    """What the doctor said, which may have scrolled by."""
    callbacks: list[Callback] = trainer.callbacks  # pyright: ignore
    return [note for doctor in callbacks if isinstance(doctor, Doctor) for note in doctor.notes]


def announce(folder: Path, config: DictConfig, trainer: Trainer) -> None:
    """Say how the run ended, its metrics, where it lies, how to look at it, and how to go on."""
    summary = read_summary(folder)
    updates, seconds = summary["updates"], summary["seconds"]
    print(f"\n{summary['status']}: {updates} updates in {seconds:.0f} s  {numbers(trainer)}")
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
    print(look(trainer, folder), end="")
    if summary["status"] not in ENDED and (folder / "checkpoints" / "last.ckpt").exists():
        print(f"go on    forger train {typed('resume', shown(folder))}{trusting(config)}")
    for note in notes(trainer):
        print(f"doctor   {note}")


def look(trainer: Trainer, folder: Path) -> str:
    """The line that says how to look at the curves; empty if TensorBoard has none of them."""
    if not any(isinstance(logger, TensorBoardLogger) for logger in trainer.loggers):
        return ""
    return f"look     tensorboard --logdir {shlex.quote(str(shown(folder)))}\n"
