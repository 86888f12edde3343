"""`forger train`: a run, from configuration to samples."""

import logging
import math
import time
import warnings
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Checkpoint

from forger.build import build, make, read, rehearse
from forger.callbacks.progress import numbers
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.files import write_json
from forger.record import record
from forger.runs import find_checkpoint
from forger.schema import Train, check


def run(config: DictConfig) -> float | None:
    """Train what the configuration describes, in Hydra's output folder.

    Returns the last Fréchet distance, for sweepers; None if it was not measured.
    """
    check(config, Train)
    rehearse(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    checkpoint = find_checkpoint(config.resume) if config.resume else None
    if checkpoint is None and (folder / "run.json").exists():
        raise ForgerError(f"{folder} holds a run already: give resume={folder}, or another name=")
    step = read(checkpoint)["global_step"] if checkpoint else None
    trainer = make_trainer(config, folder, step)
    data: InMemory = make(config, "data")
    data.prepare_data()
    data.setup("fit")
    record(folder, config, list(HydraConfig.get().overrides.task), data.checksum)
    gan = build(config)
    start = time.monotonic()
    trainer.fit(gan, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    if trainer.is_global_zero:
        summarise(trainer, folder, time.monotonic() - start)
    distance = trainer.callback_metrics.get("metric/fid")
    return None if distance is None else distance.item()


def make_trainer(config: DictConfig, folder: Path, resumed_at: int | None) -> Trainer:
    """Lightning's Trainer, writing to the run folder and saying nothing that is not news."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", ".*GPU available but not used.*")
    warnings.filterwarnings("ignore", ".*LeafSpec.*")
    warnings.filterwarnings("ignore", ".*ModelCheckpoint with manual optimization.*")
    warnings.filterwarnings("ignore", ".*Checkpoint directory .* exists and is not empty.*")
    warnings.filterwarnings("ignore", ".*The dirpath has changed.*")
    callbacks = [make(config.callbacks, name) for name in config.callbacks]
    logger = False
    if config.logger is not None:
        # After a kill, points past the checkpoint are in the log already: the viewer drops them.
        purge = {} if resumed_at is None else {"purge_step": resumed_at + 1}
        logger = make(config, "logger", save_dir=folder, **purge)
    try:
        return make(
            config,
            "trainer",
            callbacks=callbacks,
            logger=logger,
            default_root_dir=folder,
            enable_checkpointing=any(isinstance(c, Checkpoint) for c in callbacks),
        )
    except MisconfigurationException as error:
        if config.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
            raise ForgerError(
                f"trainer.accelerator is {config.trainer.accelerator}, but PyTorch sees no GPU"
                " here: take trainer=cpu"
            ) from error
        raise ForgerError(f"trainer: {error}") from error


def summarise(trainer: Trainer, folder: Path, seconds: float) -> None:
    """Write summary.json, and say where the run lies and how to look at it."""
    metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
    losses = [value for name, value in metrics.items() if name.startswith("loss/")]
    finished = trainer.max_steps in (-1, trainer.global_step)
    status = "done" if finished else "stopped"
    if not all(map(math.isfinite, losses)):
        status = "diverged"
    summary = {"status": status, "updates": trainer.global_step, "seconds": seconds}
    write_json(folder / "summary.json", summary | {"metrics": metrics})
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    print(f"\n{status}: {trainer.global_step} updates in {seconds:.0f} s  {numbers(trainer)}")
    print(f"run      {shown}")
    if (folder / "samples.png").exists():
        print(f"samples  {shown}/samples.png")
    print(f"look     tensorboard --logdir {shown}")
