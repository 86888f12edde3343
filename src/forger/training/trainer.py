"""Lightning's Trainer of a run, with its callbacks and loggers."""

import inspect
import os
import threading
from pathlib import Path
from typing import Any

import torch
from hydra.utils import get_object
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback, Checkpoint, ProgressBar
from pytorch_lightning.loggers import Logger, TensorBoardLogger

from forger.callbacks.checkpoint import Checkpoint as LastCheckpoint
from forger.config.build import instantiate_node
from forger.config.signatures import arguments
from forger.errors import ForgerError
from forger.runs.checkpoints import AtomicCheckpointIO
from forger.runs.loggers import CurvesFile, leave_to_main_thread
from forger.training.loops import replace_fit_loop
from forger.training.messages import filter_messages
from forger.training.processes import show_tasks
from forger.training.saving import save_in_any_case


def make_trainer(config: DictConfig, folder: Path, purge_step: int | None) -> Trainer:
    """The trainer of a run, which writes to its folder, though not before it trains.

    purge_step: points from there on may be in the curves already, and are made again.
    """
    callbacks = {name: instantiate_node(config, f"callbacks.{name}") for name in config.callbacks}
    for name, callback in callbacks.items():
        if not isinstance(callback, Callback):
            raise ForgerError(
                f"callbacks.{name} is a {type(callback).__name__}, not a Lightning Callback: give"
                " another _target_"
            )
    bars = [name for name, callback in callbacks.items() if isinstance(callback, ProgressBar)]
    if len(bars) > 1:
        raise ForgerError(
            f"callbacks.{bars[0]} and callbacks.{bars[1]} are both progress bars: give"
            f" ~callbacks.{bars[0]}"
        )
    # Without a bar of Forger there is none: Lightning's would count epochs.
    shows_bar = bars or "enable_progress_bar" in config.trainer
    quiet = {} if shows_bar else {"enable_progress_bar": False}
    trainer = lightning_trainer(
        config,
        # The checkpoint comes last: it has what all other callbacks did at its update.
        callbacks=sorted(callbacks.values(), key=lambda c: isinstance(c, LastCheckpoint)),
        logger=make_loggers(config, folder, purge_step),
        default_root_dir=folder,
        **quiet,
        enable_checkpointing=any(isinstance(c, Checkpoint) for c in callbacks.values()),
    )
    replace_fit_loop(trainer)
    save_in_any_case(trainer)
    # A strategy with a way of its own, such as sharded files, keeps it.
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = AtomicCheckpointIO()
    return trainer


def make_loggers(config: DictConfig, folder: Path, purge_step: int | None) -> list[Logger]:
    """The loggers of a run, with its own curves.jsonl after TensorBoard, whose folder is the run's.

    purge_step: as in `make_trainer`.
    """
    chosen = config.logger or {}
    # Runs up to 0.1.0 and some users' files have one node without a name.
    paths = ["logger"] if "_target_" in chosen else [f"logger.{name}" for name in chosen]
    loggers: list[Logger] = [CurvesFile(folder)]
    for path in paths:
        target = get_object(OmegaConf.select(config, path)._target_)
        taken, _, open_ended = arguments(target)
        settings: dict[str, Any] = {"save_dir": folder} if open_ended or "save_dir" in taken else {}
        tensorboard = inspect.isclass(target) and issubclass(target, TensorBoardLogger)
        if tensorboard:
            # From the first start on, since TensorBoard ignores the first such mark in a folder.
            settings["purge_step"] = purge_step or 0
        elif "purge_step" in taken:
            settings["purge_step"] = purge_step
        logger = instantiate_node(config, path, **settings)
        if not isinstance(logger, Logger):
            raise ForgerError(
                f"{path} is a {type(logger).__name__}, not a Lightning Logger: give another"
                " _target_"
            )
        loggers.insert(0 if tensorboard else len(loggers), logger)
    return loggers


def lightning_trainer(config: DictConfig, **settings: Any) -> Trainer:
    """Lightning's Trainer, without its untrue and repeated messages.

    settings: those that `config.trainer` leaves open.
    """
    threading.excepthook = leave_to_main_thread
    filter_messages()
    # Lightning asks for a GPU in a slow way if there is none, and Adam asks at each step.
    os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    show_tasks()
    try:
        return instantiate_node(config, "trainer", **settings)
    except ForgerError as error:
        if config.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
            raise ForgerError(
                f"trainer.accelerator is {config.trainer.accelerator}, but PyTorch sees no GPU"
                " here: give trainer=cpu"
            ) from error
        if "devices" in str(error):
            raise ForgerError(
                f"trainer.devices (={config.trainer.devices}) must be a number of processes, 1 or"
                " more; on GPUs it may be -1 for all, or a list of their numbers such as [0,1]"
            ) from error
        raise


def is_first(config: DictConfig) -> bool:
    """Whether this process is the first, or only one, of its run: the one that writes.

    Only Lightning can say so, and it needs a trainer for it.
    """
    return lightning_trainer(config, logger=False, enable_checkpointing=False).is_global_zero
