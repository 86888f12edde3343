"""The sample grid's counterpart for points of the plane."""

from typing import cast

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pytorch_lightning import Trainer
from torch import Tensor

from forger.callbacks.grid import SampleGrid
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN


def scatter(samples: Tensor, data: Tensor) -> Tensor:
    """Samples (n, 2) in red over as many points (m, 2) of the data in grey; uint8 (3, 600, 600).

    The window is the data's, with a fifth of their range to all sides.
    """
    figure = Figure(figsize=(6, 6), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot(aspect="equal")
    for points, colour in ((data[: len(samples)], "0.7"), (samples, "tab:red")):
        axes.scatter(points[:, 0].numpy(), points[:, 1].numpy(), s=2, color=colour)
    low, high = data.amin(0), data.amax(0)
    margin = (high - low) / 5
    axes.set_xlim(*torch.stack([low - margin, high + margin])[:, 0].tolist())
    axes.set_ylim(*torch.stack([low - margin, high + margin])[:, 1].tolist())
    canvas.draw()
    return torch.from_numpy(np.array(canvas.buffer_rgba())[..., :3]).permute(2, 0, 1)


class Scatter(SampleGrid):
    """Samples for fixed latent vectors over training points, where and when a `SampleGrid` would.

    n: how many samples. every_n_updates, seed: as there.
    Raises ForgerError if the data are not points of two dimensions.
    """

    def __init__(self, n: int, every_n_updates: int, seed: int) -> None:
        super().__init__(rows=1, columns=n, every_n_updates=every_n_updates, seed=seed)

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        self.data = data.splits["train"].examples
        if gan.value_range is not None or data.shape != (2,):
            raise ForgerError(
                f"callbacks.scatter draws points of shape [2], and these data are of shape"
                f" {list(data.shape)}: give ~callbacks.scatter"
            )

    def picture(self, examples: Tensor) -> Tensor:
        return scatter(examples, self.data)
