"""Messages of libraries: those that are untrue or say nothing new are hidden."""

import logging
import re
import warnings
from pathlib import Path

from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning import Trainer

from forger.errors import ForgerError, first_line
from forger.runs.files import is_started
from forger.training.resume import unfit

# Warnings of libraries that are not true here. All other warnings are shown.
UNTRUE = (
    "GPU available but not used",
    "LeafSpec",
    "ModelCheckpoint with manual optimization",
    "Checkpoint directory .* exists and is not empty",
    "The dirpath has changed",
    "callbacks used to create the checkpoint need",
    # Forger logs by the clock of updates, whatever an epoch is.
    "number of training batches .* is smaller than the logging interval",
    # srun is not needed to train on one machine of a cluster.
    "`srun` command is available on your system but is not used",
)
# Messages that libraries log in each run, or in the first.
NO_NEWS = re.compile(
    r"GPU available|TPU available|💡 Tip|`Trainer\.fit` stopped|Restor(ing|ed) |Using \S+ Automatic"
    r"|Loading `train_dataloader`|LOCAL_RANK: |SLURM auto-requeueing|\s*Detected KeyboardInterrupt"
    r"|(\[rank: \d+\] )?(Bypassing|Received) SIGTERM|`weights_only` was not set"
    # It advises less precise products, which trainer.precision decides.
    r"|You are using a CUDA device \(.*\) that has Tensor Cores"
)
SOURCES = (
    "lightning_fabric.utilities.rank_zero",
    "pytorch_lightning.utilities.rank_zero",
    "pytorch_lightning.accelerators.cuda",
    "pytorch_lightning.trainer.connectors.checkpoint_connector",
    "pytorch_lightning.trainer.connectors.signal_connector",
)


def filter_messages() -> None:
    """Show what is true and new of the warnings and log messages of libraries."""
    for name in SOURCES:
        logging.getLogger(name).addFilter(lambda record: not NO_NEWS.match(record.getMessage()))
    for untrue in UNTRUE:
        warnings.filterwarnings("ignore", f".*{untrue}")


def as_sentence(
    error: BaseException, trainer: Trainer, checkpoint: Path | None
) -> ForgerError | None:
    """What to say in place of an error that the user can mend; None for all others."""
    if isinstance(error, MisconfigurationException):
        # For example of a callback that does not work with two optimizers.
        return ForgerError(first_line(error))
    folder = Path(trainer.default_root_dir)
    if isinstance(error, FileNotFoundError) and not is_started(folder):
        return ForgerError(
            f"{folder} was moved or removed while its run was trained: what was saved is where it"
            " is now, and goes on by resume="
        )
    # Lightning holds the checkpoint until all of it is restored.
    restoring = trainer._checkpoint_connector._loaded_checkpoint
    return (
        unfit(checkpoint, first_line(error)) if restoring and isinstance(error, Exception) else None
    )
