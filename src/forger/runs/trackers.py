"""Trackers: other places for curves, pictures and reports of a run.

TensorBoard and a CSV file drop what a run makes again after a kill. MLflow and W&B forget nothing:
they are not sent again what they have, by a note in the run folder.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from pytorch_lightning.loggers import MLFlowLogger, TensorBoardLogger, WandbLogger
from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities import rank_zero_only
from torch import Tensor

from forger.errors import ForgerError
from forger.runs.files import atomic_write, content_of, readable, report_write_errors
from forger.runs.loggers import RunFolderLogger
from forger.runs.names import name_of
from forger.runs.sent import Note


class CSV(RunFolderLogger):
    """Every point of every curve is a line `step,name,value` of curves.csv in the run folder.

    purge_step: points from there on are dropped before the first is written; None: of a new run.
    """

    def __init__(self, save_dir: Path, purge_step: int | None) -> None:
        super().__init__()
        self.file = save_dir / "curves.csv"
        self.purge_step: int | None = purge_step or 0

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        # On the first write, since a run that is refused must change nothing.
        if self.purge_step is not None:
            self.purge(self.purge_step)
            self.purge_step = None
        with report_write_errors(self.file), self.file.open("a", -1, "utf-8", newline="") as file:
            csv.writer(file).writerows([step, name, float(v)] for name, v in metrics.items())

    def purge(self, step: int) -> None:
        """Keep the points before a step; the file exists afterwards, with its header."""
        rows = []
        if self.file.exists():
            with readable(self.file, "remove it"):
                # As the file was written: a name may have an end of a line in it.
                lines = csv.reader(io.StringIO(content_of(self.file).decode(), newline=""))
                rows = [row for row in lines if row[0] != "step" and int(row[0]) < step]
        with atomic_write(self.file) as partial, partial.open("w", -1, "utf-8", newline="") as file:
            csv.writer(file).writerows([["step", "name", "value"], *rows])


def needed(name: str) -> Any:
    """A package that is not installed with Forger; raises ForgerError without it."""
    if find_spec(name) is None:
        raise ForgerError(f"{name} is not installed: pip install -e '.[trackers]'")
    return import_module(name)


class MLflow(MLFlowLogger):
    """A run in MLflow, on the server of MLFLOW_TRACKING_URI or, without one, in ./mlflow.db.

    name: of the run; None: `name_of` its folder. experiment_name: what runs are grouped by.
    purge_step: None of a new run.
    Raises ForgerError where MLflow is not installed.
    """

    def __init__(
        self, save_dir: Path, name: str | None, experiment_name: str, purge_step: int | None
    ) -> None:
        mlflow = needed("mlflow")
        self.note = Note(save_dir, "mlflow", purge_step is not None)
        super().__init__(
            experiment_name,
            run_name=name or name_of(save_dir),
            tracking_uri=mlflow.get_tracking_uri(),
            run_id=self.note.sent["id"] or None,
        )

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:
        """Log the settings that MLflow does not have yet: there they cannot change."""
        # The note is written before anything is sent, so that a kill leaves no unknown run.
        self.note.sent["id"] = str(self.run_id)
        self.note.write()
        # MLflow refuses a setting that has another value already.
        stored = self.experiment.get_run(self.note.sent["id"]).data.params
        flat = {name: value for name, value in flatten(params) if name not in stored}
        super().log_hyperparams(flat)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        if new := self.note.unsent(metrics, step or 0):
            super().log_metrics(new, step)


@rank_zero_only
def log_in(wandb: Any) -> None:
    """Log in as wandb does by itself at a run's start, before the run has a folder."""
    # WANDB_MODE may say that no account is needed.
    if wandb.setup().settings.mode != "online":
        return
    try:
        wandb.login()
    except wandb.errors.UsageError as error:
        raise ForgerError(
            "no account is logged in: run wandb login, or keep the run on this machine by"
            " logger.wandb.offline=true"
        ) from error


class WandB(WandbLogger):
    """A run in Weights & Biases, of the account that is logged in.

    What it has not written when its process is killed by SIGKILL is lost there, and in no other
    place: it keeps points back, and does not say which.

    name: of the run; None: `name_of` its folder. project: what runs are grouped by. offline: keep
    it in ./wandb, for `wandb sync`. purge_step: None of a new run.
    Raises ForgerError where wandb is not installed, or no account is logged in.
    """

    def __init__(
        self, save_dir: Path, name: str | None, project: str, offline: bool, purge_step: int | None
    ) -> None:
        wandb = needed("wandb")
        if not offline:
            log_in(wandb)
        self.note = Note(save_dir, "wandb", purge_step is not None)
        run_id = self.note.sent["id"] or uuid4().hex[:8]
        # Not in the run folder: W&B makes links that lead out of it.
        super().__init__(name or name_of(save_dir), ".", run_id, offline, project=project)

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:
        self.note.sent["id"] = str(self.experiment.id)
        self.note.write()
        super().log_hyperparams(params)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        if new := self.note.unsent(metrics, step or 0):
            super().log_metrics(new, step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        super().finalize(status)
        # Otherwise the next run of this process would continue in it.
        self.experiment.finish(exit_code=0 if status in ("success", "finished") else 1)
        self._experiment = None


def flatten(node: Any, path: str = "") -> Iterable[tuple[str, Any]]:
    """Every setting of a configuration by its path, as in model.k."""
    if not isinstance(node, dict):
        yield path, node
        return
    for key, value in node.items():
        yield from flatten(value, f"{path}.{key}".lstrip("."))


def log_settings(loggers: Iterable[Logger], config: dict[str, Any]) -> None:
    """The configuration of a run, to each tracker that shows one for itself."""
    for logger in loggers:
        if not isinstance(logger, TensorBoardLogger):
            logger.log_hyperparams(config)


def log_picture(loggers: Iterable[Logger], name: str, picture: Tensor, step: int) -> None:
    """A picture, uint8 (3, height, width), to each tracker that shows some."""
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_image(name, picture, step)
            logger.experiment.flush()  # so that TensorBoard shows the picture now
        elif isinstance(logger, WandbLogger):
            # (3, H, W) -> (H, W, 3).
            logger.log_image(name, [picture.permute(1, 2, 0).numpy()], step)
        elif isinstance(logger, MLFlowLogger):
            file = f"{name}/{step:08d}.png"
            pixels = picture.permute(1, 2, 0).numpy()
            logger.experiment.log_image(str(logger.run_id), pixels, artifact_file=file)


def log_text(loggers: Iterable[Logger], name: str, sentence: str, step: int) -> None:
    """A sentence, to each tracker that shows some."""
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_text(name, sentence, step)
        elif isinstance(logger, WandB):
            logger.experiment.summary[name] = logger.note.add(sentence)
        elif isinstance(logger, MLflow):
            logger.experiment.set_tag(str(logger.run_id), name, logger.note.add(sentence))
