"""`forger train`: a run, from configuration to samples."""

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from pytorch_lightning import Trainer

from forger.callbacks.progress import RunProgress
from forger.checks import memory
from forger.config.build import build, open_data
from forger.config.overrides import relative_path, typed
from forger.config.presets import leave_out_replaced
from forger.config.schema import check
from forger.config.settings import Train
from forger.config.sizes import check_size
from forger.config.stored_run import check_stored_run
from forger.config.trust import check_links
from forger.data.memory import InMemory
from forger.dry_run.activations import check_range
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.gan import GAN
from forger.runs.checkpoint_sizes import check_savable
from forger.runs.files import is_started
from forger.runs.folder import ENDED, Summary, find_checkpoint, find_resumable, read_summary
from forger.runs.lock import exclusive
from forger.runs.record import holds, seed_of
from forger.runs.trackers import log_settings
from forger.sweeps.batched import BatchedRuns
from forger.sweeps.isolation import isolated
from forger.training.begin import begin
from forger.training.callback_checks import check_callbacks, check_counts, check_monitors
from forger.training.messages import as_sentence
from forger.training.processes import check_common_seed, check_processes, told_once
from forger.training.resume import check_fits, check_states, naming_version, restore_run
from forger.training.signals import interruptible, passing_on
from forger.training.start import Start, start_from
from forger.training.summary import end, look
from forger.training.trainer import is_first, make_trainer


def run(config: DictConfig) -> float | None:
    """Train what the configuration describes, in Hydra's output folder.

    A run with this very configuration in the folder is resumed, or left as it is if it has ended.
    Raises ForgerError if the folder has a run with another configuration.
    Returns the last value of the objective, for sweepers; None if it was not measured.
    """
    with isolated() if HydraConfig.get().mode == RunMode.MULTIRUN else nullcontext():
        return train(config)


def train(config: DictConfig, batched: BatchedRuns | None = None) -> float | None:
    """`run`, alone or as one of several runs whose updates are computed at once.

    Nothing is written in the folder, and no checkpoint is read, before the folder is locked.
    """
    folder = Path(HydraConfig.get().runtime.output_dir)
    checkpoint = find_resumable(config.resume)[1] if config.resume else None
    with told_once():
        check_settings(config, folder)
    # Only the first process locks: the others of the run share its folder.
    with exclusive(folder) if is_first(config) else nullcontext():
        summary = train_in(folder, config, checkpoint, batched)
    return summary["metrics"].get(config.objective) if summary else None


def check_settings(config: DictConfig, folder: Path) -> None:
    """Raises ForgerError unless the configuration can train; a seed is chosen where none is set."""
    # A run folder may come from a stranger, so that its pyproject.toml is not read.
    if (folder / "pyproject.toml").exists() and not is_started(folder):
        raise ForgerError(
            f"hydra.run.dir (={folder}) is the folder of a project: give one of the run's own"
        )
    if config.resume or config.repeat:
        with naming_version(config):
            check_stored_run(config, folder if config.resume else Path(config.repeat))
    if config.resume:
        check_links(folder, config.trust)
    if "seed" in config and config.seed is None:
        check_common_seed(config)
        config.seed = seed_of(folder)
        print(f"seed     {config.seed}, by chance: it is in run.json")
    leave_out_replaced(config, HydraConfig.get())
    with naming_version(config):
        check(config, Train)
        check_size(config, memory(), "this machine's memory")
        dry_run(config)


def train_in(
    folder: Path, config: DictConfig, checkpoint: Path | None, batched: BatchedRuns | None
) -> Summary | None:
    """`train` in a folder that is locked; checkpoint: what resume= gives.

    Returns the summary; None in all processes of a run but the first.
    """
    again = not config.resume and is_started(folder)
    if again:
        # The same command again resumes a killed run, and leaves a finished one alone.
        summary = summary_of_same_run(folder, config)
        if summary.get("status") in ENDED:
            print(f"{summary['status']} before: {relative_path(folder)}")
            return cast(Summary, summary)
        last = folder / "checkpoints" / "last.ckpt"
        checkpoint = last if last.exists() else None
    if checkpoint:
        check_fits(config, checkpoint)
    other = find_checkpoint(config.start) if config.start and not checkpoint else None
    gan = build(config)
    weights_from = start_from(gan, other) if other else None
    states = restore_run(gan, config, checkpoint, folder) if checkpoint else {}
    # Points from this update on may be in the curves already, and are made again.
    first = states.get("global_step", -1) + 1 if again or config.resume else None
    start = Start(checkpoint=checkpoint, first=first, weights_from=weights_from)
    trainer = make_trainer(config, folder, first)
    # Before any process waits for the others.
    if trainer.world_size > 1:
        check_processes(trainer, config)
    is_job = HydraConfig.get().mode == RunMode.MULTIRUN and batched is None
    if is_job and isinstance(bar := trainer.progress_bar_callback, RunProgress):
        # Each line of its progress begins with its name: jobs may share a terminal.
        bar.job = folder.name
    data = open_training_data(config, gan)
    if checkpoint:
        check_states(states, gan, data, trainer, checkpoint)
    check_counts(config, gan)
    check_callbacks(trainer, gan, data)
    check_monitors(config, trainer, gan, data)
    return fit(gan, data, trainer, config, start, batched)


def summary_of_same_run(folder: Path, config: DictConfig) -> dict[str, Any]:
    """The summary of a run that was started before; ForgerError if it is of other settings."""
    if not holds(folder, config):
        raise ForgerError(
            f"{folder} holds a run of other settings: give {typed('resume', folder)}, or"
            " another name="
        )
    return read_summary(folder)


def open_training_data(config: DictConfig, gan: GAN) -> InMemory:
    """The data set, read. Raises ForgerError if it lacks a class, or the range, of the GAN."""
    data = open_data(config)
    check_range(gan, images=not data.splits["train"].examples.is_floating_point())
    check_savable("data", lambda: [data.state_dict(), dict(data.hparams)])
    if absent := set(range(gan.classes or 0)).difference(data.splits["train"].labels.tolist()):
        raise ForgerError(
            f"data.classes is {gan.classes}, but no training example has class {min(absent)}:"
            " give data with examples of each class"
        )
    if "class_names" in gan.config["data"]:
        # The names of the classes, for those who have only the checkpoint.
        gan.config["data"]["class_names"] = data.class_names and list(data.class_names)
    if data.units:
        gan.config["units"] = data.units
    return data


def fit(
    gan: GAN,
    data: InMemory,
    trainer: Trainer,
    config: DictConfig,
    start: Start,
    batched: BatchedRuns | None,
) -> Summary | None:
    """Train, and leave a summary however that ends."""
    folder = Path(trainer.default_root_dir)
    summary = None
    with passing_on() if batched is None else nullcontext():
        # Unknown after SIGKILL, since summary.json is written at the end.
        earlier = read_summary(folder).get("seconds", 0.0) if start.checkpoint else 0.0
        if trainer.is_global_zero:
            begin(folder, data, config, start)
            log_settings(trainer.loggers, gan.config)
            print(look(trainer, folder), end="", flush=True)
        began = time.monotonic()
        error = None
        try:
            with batched.member(trainer, gan) if batched else interruptible(trainer):
                trainer.fit(gan, datamodule=data, ckpt_path=start.checkpoint, weights_only=True)
        # KeyboardInterrupt and SystemExit too: the summary must say how the run ended.
        except BaseException as exception:
            error = exception
            if sentence := as_sentence(exception, trainer, start.checkpoint):
                raise sentence from exception
            raise
        finally:
            # Where the folder was moved or removed, a summary would make half of one anew.
            if trainer.is_global_zero and is_started(folder):
                seconds = earlier + time.monotonic() - began
                summary = end(trainer, config, folder, seconds, error)
    return summary
