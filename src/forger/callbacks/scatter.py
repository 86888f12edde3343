"""The sample grid's counterpart for points of the plane."""

from typing import cast

from pytorch_lightning import Trainer
from torch import Tensor

from forger.callbacks.grid import SampleGrid
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.figures.scatter import scatter
from forger.gan import GAN


class Scatter(SampleGrid):
    """Samples for fixed latent vectors over training points, where and when a `SampleGrid` would.

    n: number of samples. every_n_updates: number of generator updates between two pictures. seed:
    seed of the latent vectors, which are kept in the checkpoint.
    Raises ForgerError if the data are not points of two dimensions.
    """

    def __init__(self, n: int, every_n_updates: int, seed: int) -> None:
        # A grid of one row: the points are drawn in one picture.
        super().__init__(rows=1, columns=n, every_n_updates=every_n_updates, seed=seed)

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        self.data = data.splits["train"].examples
        if gan.value_range is not None or data.shape != (2,):
            raise ForgerError(
                "callbacks.scatter draws points of shape [2], and these data are of shape"
                f" {list(data.shape)}: give ~callbacks.scatter"
            )

    def picture(self, examples: Tensor) -> Tensor:
        return scatter(examples, self.data)
