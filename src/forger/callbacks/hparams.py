"""Settings and last values of a run in TensorBoard's HPARAMS."""

from pathlib import Path

from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE  # pyright: ignore
from tensorboard.plugins.hparams.plugin_data_pb2 import (  # pyright: ignore
    HParamsPluginData,  # pyright: ignore
    SessionEndInfo,  # pyright: ignore
)
from torch.utils.tensorboard.summary import hparams

from forger.gan import GAN
from forger.runs.record import settings


class HParams(Callback):
    """The settings of a run, written at its end beside the last values of its curves.

    A run whose last losses are not finite is a failure there. No list of columns is written: from
    one of them TensorBoard would take the columns of all runs, and without it shows what any has.
    """

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        values = trainer.callback_metrics
        losses = [value for name, value in values.items() if name.startswith("loss/")]
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
                _, start, end = hparams(settings(Path(trainer.default_root_dir)), {})
                if not all(loss.isfinite() for loss in losses):
                    failure = HParamsPluginData(
                        session_end_info=SessionEndInfo(status=STATUS_FAILURE)
                    )
                    end.value[0].metadata.plugin_data.content = failure.SerializeToString()
                for summary in (start, end):
                    logger.experiment.file_writer.add_summary(summary, trainer.global_step)
