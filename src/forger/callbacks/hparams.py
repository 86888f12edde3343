"""What was set, beside what came of it, in TensorBoard's HPARAMS."""

from pathlib import Path

from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from torch.utils.tensorboard.summary import hparams

from forger.gan import GAN
from forger.record import settings


class HParams(Callback):
    """The settings that a run was started with, and its last losses and metrics, at its end.

    TensorBoard shows in HPARAMS only the metrics that the first record names. Their values are
    those of the curves of the same name, which are there already.
    """

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        names = [n for n in trainer.callback_metrics if n.startswith(("metric/", "loss/"))]
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
                chosen = settings(Path(trainer.default_root_dir))
                for summary in hparams(chosen, dict.fromkeys(names, 0.0)):
                    logger.experiment.file_writer.add_summary(summary, trainer.global_step)
