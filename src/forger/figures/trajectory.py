"""The way of a game of two parameters over the field of both players' gradients."""

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from forger.figures.render import pixels

# Number of arrows along each side of the picture.
ARROWS = 15


def lattice(middle: Tensor, window: float) -> Tensor:
    """Places of arrows around the middle (2,): (ARROWS, ARROWS, 2), row by row."""
    side = torch.linspace(-window, window, ARROWS)
    return middle + torch.stack(torch.meshgrid(side, side, indexing="xy"), dim=2)


class Panel:
    """The way so far, on arrows of one length along which both networks descend their losses.

    middle (2,): generator's and discriminator's parameter in the middle of the picture. window:
    distance from there to its sides. arrows: (ARROWS, ARROWS, 2), at `lattice`.
    """

    def __init__(self, middle: Tensor, window: float, arrows: Tensor) -> None:
        figure = Figure(figsize=(4.8, 4.8), dpi=100, layout="constrained")
        self.canvas = FigureCanvasAgg(figure)
        (left, bottom), (right, top) = (middle - window).tolist(), (middle + window).tolist()
        axes = figure.add_subplot(xlim=(left, right), ylim=(bottom, top), aspect="equal")
        axes.set(xlabel="generator's parameter θ", ylabel="discriminator's parameter ψ")
        directions = torch.nn.functional.normalize(arrows, dim=2)
        axes.quiver(*lattice(middle, window).unbind(2), *directions.unbind(2), color="0.7")
        axes.plot(*middle.tolist(), "+", color="black", markersize=12)
        (self.way,) = axes.plot([], [], color="#0072B2", linewidth=1)
        (self.end,) = axes.plot([], [], "o", color="#D55E00")
        self.title = axes.set_title(" ")

    def picture(self, update: int, way: Tensor) -> np.ndarray:
        """The moment at the end of a way (n, 2), as uint8 (480, 480, 3)."""
        self.title.set_text(f"update {update:,}")
        self.way.set_data(*way.T)
        self.end.set_data(*way[-1:].T)
        return pixels(self.canvas)
