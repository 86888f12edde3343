"""The discriminator over the plane, with the way it shows to samples."""

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from forger.figures.film import Frame
from forger.figures.render import add_legend, pixels

# A frame has "update" (), "D" (SIDE, SIDE) by rows of y, "arrows" (ARROWS, ARROWS, 2), and
# "samples" (n, 2).

# Number of values of D, and of arrows, along each side of the window.
SIDE, ARROWS = 64, 18
# Few colours keep a film small.
LEVELS = 12


def places(low: Tensor, high: Tensor, side: int) -> Tensor:
    """A lattice from low (2,) to high (2,): points (side, side, 2), row by row of y."""
    x, y = (torch.linspace(float(a), float(b), side) for a, b in zip(low, high, strict=True))
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=2)


class Panel:
    """D(x) as colours, data and samples as points, and arrows along the gradient of D's logit.

    low, high: corners of the window (2,). data: points (m, 2) of it. The
    longest arrow of a frame reaches to the next one. Axes never change, so that a film does not
    jump.
    """

    def __init__(self, low: Tensor, high: Tensor, data: Tensor) -> None:
        figure = Figure(figsize=(5.6, 4.8), dpi=100, layout="constrained")
        self.canvas = FigureCanvasAgg(figure)
        left, bottom = low.tolist()
        right, top = high.tolist()
        axes = figure.add_subplot(xlim=(left, right), ylim=(bottom, top), aspect="equal")
        axes.set(xlabel="x₁", ylabel="x₂")
        self.colours = axes.imshow(
            np.full((SIDE, SIDE), 0.5),
            cmap=colormaps["coolwarm_r"].resampled(LEVELS),
            vmin=0,
            vmax=1,
            origin="lower",
            extent=(left, right, bottom, top),
        )
        figure.colorbar(self.colours, label="D(x)", shrink=0.8)
        axes.scatter(*data.numpy().T, s=1, color="0.35", label="data")
        self.samples = axes.scatter([], [], s=3, color="#009E73", label="samples")
        starts = places(low, high, ARROWS).flatten(0, 1).numpy()
        still = np.zeros(len(starts))
        # In units of the axes, so that the longest reaches to the next one.
        self.arrows = axes.quiver(
            *starts.T, still, still, angles="xy", scale_units="xy", scale=1, width=0.003
        )
        self.step = (right - left) / (ARROWS - 1)
        self.title = axes.set_title(" ")
        add_legend(figure)

    def picture(self, frame: Frame) -> np.ndarray:
        """A moment as uint8 (480, 560, 3)."""
        self.title.set_text(f"update {frame['update'].item():,}")
        self.colours.set_data(frame["D"].numpy())
        self.samples.set_offsets(frame["samples"].numpy())
        arrows = frame["arrows"].flatten(0, 1)  # (ARROWS * ARROWS, 2)
        lengths = arrows.norm(dim=1)
        arrows = torch.nan_to_num(arrows * (self.step / lengths.max().clamp_min(1e-12)))
        self.arrows.set_UVC(*arrows.numpy().T)
        return pixels(self.canvas)
