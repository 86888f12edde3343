"""A figure of matplotlib's as a tensor."""

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor


def render(figure: Figure) -> Tensor:
    """The pixels of a figure, uint8 (3, height, width)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    # (height, width, 4) -> (3, height, width).
    return torch.from_numpy(np.array(canvas.buffer_rgba())[..., :3]).permute(2, 0, 1)
