"""`forger train`: a run, from configuration to samples."""

import logging
import time
import warnings
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from pytorch_lightning import LightningDataModule, Trainer
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from rich import print

from forger.build import build, make, read, rehearse
from forger.callbacks.progress import numbers
from forger.errors import ForgerError
from forger.record import record
from forger.runs import find_checkpoint
from forger.schema import Train, check


def run(config: DictConfig) -> None:
    """Train what the configuration describes, in Hydra's output folder."""
    check(config, Train)
    rehearse(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    checkpoint = find_checkpoint(config.resume) if config.resume else None
    if checkpoint is None and (folder / "run.json").exists():
        raise ForgerError(f"{folder} holds a run already: give resume={folder}, or another name=")
    data: LightningDataModule = make(config, "data")
    data.prepare_data()
    data.setup()
    record(folder, list(HydraConfig.get().overrides.task), config.seed, data.checksum)
    gan = build(config)
    trainer = make_trainer(config, folder, checkpoint)
    start = time.monotonic()
    trainer.fit(gan, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    summarise(trainer, folder, time.monotonic() - start)


def make_trainer(config: DictConfig, folder: Path, checkpoint: Path | None) -> Trainer:
    """Lightning's Trainer, writing to the run folder and saying nothing that is not news."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", ".*GPU available but not used.*")
    warnings.filterwarnings("ignore", ".*LeafSpec.*", category=FutureWarning)
    callbacks = [make(config.callbacks, name) for name in config.callbacks]
    logger = False
    if config.logger is not None:
        # After a kill, points past the checkpoint are in the log already: the viewer drops them.
        purge = {"purge_step": read(checkpoint)["global_step"] + 1} if checkpoint else {}
        logger = make(config, "logger", save_dir=folder, **purge)
    try:
        return make(
            config, "trainer", callbacks=callbacks, logger=logger, default_root_dir=folder
        )
    except MisconfigurationException as error:
        if config.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
            raise ForgerError(
                f"trainer.accelerator is {config.trainer.accelerator}, but PyTorch sees no GPU"
                " here: take trainer=cpu"
            ) from error
        raise ForgerError(f"trainer: {error}") from error


def summarise(trainer: Trainer, folder: Path, seconds: float) -> None:
    """Say where the run lies and how to look at it."""
    if not trainer.is_global_zero:
        return
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    print(f"\n[bold]{trainer.global_step} updates in {seconds:.0f} s[/bold]  {numbers(trainer)}")
    print(f"run      {shown}")
    if (folder / "samples.png").exists():
        print(f"samples  {shown}/samples.png")
    print(f"look     tensorboard --logdir {shown}")
