"""The sample grid's counterpart for points of the plane."""

from forger.callbacks.grid import SampleGrid
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN


class Scatter(SampleGrid):
    """Samples for fixed latent vectors over training points, where and when a `SampleGrid` would.

    n: number of samples. every_n_updates: number of generator updates between two pictures. seed:
    seed of the latent vectors, which are kept in the checkpoint.
    Raises ForgerError if the data are images.
    """

    def __init__(self, n: int, every_n_updates: int, seed: int) -> None:
        # A grid of one row: the points are drawn in one picture.
        super().__init__(rows=1, columns=n, every_n_updates=every_n_updates, seed=seed)

    def check(self, gan: GAN, data: InMemory) -> None:
        if gan.value_range is not None:
            raise ForgerError(
                "callbacks.scatter draws points, and this generator makes images: give"
                " ~callbacks.scatter +callbacks=grid"
            )
