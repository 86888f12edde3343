"""A figure of matplotlib's as a tensor."""

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor


def pixels(canvas: FigureCanvasAgg) -> np.ndarray:
    """The pixels of a figure that is drawn again and again, uint8 (height, width, 3)."""
    canvas.draw()
    # The layout is computed once, since all drawings have the same.
    canvas.figure.set_layout_engine("none")
    return np.array(canvas.buffer_rgba())[..., :3]


def render(figure: Figure) -> Tensor:
    """The pixels of a figure, uint8 (3, height, width)."""
    # (height, width, 3) -> (3, height, width).
    return torch.from_numpy(pixels(FigureCanvasAgg(figure))).permute(2, 0, 1)


def literal(name: str) -> str:
    """A name from a file as a label: at most 24 characters, and no formula between its dollars."""
    short = name if len(name) <= 24 else f"{name[:23]}…"
    return short.replace("$", r"\$")


def add_legend(figure: Figure) -> None:
    """A legend above a figure, of what its first axes label; of points, with larger ones."""
    curves, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        curves, names, loc="outside upper center", ncols=len(names), markerscale=3, frameon=False
    )
