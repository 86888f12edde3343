"""The sample grid: samples for the same latent vectors during training."""

from pathlib import Path
from typing import Any, cast

from pytorch_lightning import Callback, Trainer
from torch import Tensor

from forger import latents
from forger.callbacks.checkpoint import is_last
from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.figures.examples import draw
from forger.figures.image_grid import save_image
from forger.gan import GAN
from forger.runs.trackers import log_picture


class SampleGrid(Callback):
    """Samples for fixed latent vectors go to all trackers and to samples.png in the run folder.

    Each row shows a class if the GAN is conditional. Images below 17 pixels a side are enlarged by
    whole pixels; points and signals are drawn beside training examples.

    rows: number of rows of the grid. columns: number of columns of the grid. every_n_updates:
    number of generator updates between two grids; it grows in a long run, so that event files stay
    small. The start and the end have a grid too.
    seed: seed of the latent vectors, which are kept in the checkpoint.
    """

    def __init__(self, rows: int, columns: int, every_n_updates: int, seed: int) -> None:
        check_positive(rows=rows, columns=columns, every_n_updates=every_n_updates)
        self.rows, self.columns = rows, columns
        self.every_n_updates = every_n_updates
        self.seed = seed
        self.z: Tensor | None = None
        # The update of the last grid.
        self.drawn = -1

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        self.data, self.units = data.splits["train"].examples, data.units

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        # A resumed run has its z in the checkpoint, and a grid at that update already.
        if self.z is None:
            count = self.rows * self.columns
            self.z = latents.sample_prior_by_index(gan.prior, count, gan.latent_dim, self.seed)
            self.draw(trainer, gan)

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        # The last update too, before its checkpoint is written: a run killed after that would draw
        # it again, and trackers would have two.
        if self.is_due(trainer.global_step) or is_last(trainer):
            self.draw(trainer, gan)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if self.drawn != trainer.global_step and not self.is_due(trainer.global_step):
            self.draw(trainer, gan)

    def is_due(self, update: int) -> bool:
        """The first 64 multiples of the interval, every second of the next 64, every fourth…"""
        # bit_length - 6: 64 pictures, then 32 for each doubling of the run.
        doublings = max(0, (update // self.every_n_updates).bit_length() - 6)
        return update % (self.every_n_updates * 2**doublings) == 0

    def draw(self, trainer: Trainer, gan: GAN) -> None:
        self.drawn = trainer.global_step
        if not trainer.is_global_zero or self.z is None:
            return
        labels = gan.labels(self.rows)
        if labels is not None:
            # (rows,) -> (rows columns,): a class for each row.
            labels = labels.repeat_interleave(self.columns)
        samples = gan.generate(self.z, labels).cpu()
        picture = draw(samples, self.data, self.columns, units=self.units)
        save_image(picture, Path(trainer.default_root_dir, "samples.png"))
        log_picture(trainer.loggers, "samples", picture, trainer.global_step)

    def state_dict(self) -> dict[str, Any]:
        return {"z": self.z, "drawn": self.drawn}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        z = state["z"]
        if not isinstance(z, Tensor) or z.ndim != 2 or not z.is_floating_point() or not len(z):
            raise ValueError("z must be latent vectors, floats (n, latent_dim)")
        self.z = z
        # Checkpoints up to 0.1.0 do not have it.
        self.drawn = int(state.get("drawn", -1))
