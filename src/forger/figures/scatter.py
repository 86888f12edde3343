"""A picture of points of the plane."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from forger.figures.render import add_legend, literal, render


def scatter(
    samples: Tensor,
    data: Tensor,
    window: Tensor | None = None,
    names: Sequence[str] | None = None,
) -> Tensor:
    """Samples (n, 2) in red over as many points (m, 2) of the data in grey.

    A legend says which is which. Returns uint8 (3, height, width), 600 pixels along the longer
    side. The picture shows the range of `window` (k, 2), with a fifth of it to all sides; None:
    that of the data, or of the samples if there are no data. names: of the two coordinates, which
    have units of their own then, and axes of one length; None: x₁ and x₂, of the same unit.
    """
    if window is None:
        window = data if len(data) else samples
    window = window[window.isfinite().all(1)]
    window = window if len(window) else torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    low, high = window.amin(0), window.amax(0)
    # A constant coordinate has no range.
    margin = ((high - low) / 5).clamp_min(1e-6)
    low, high = low - margin, high + margin
    # Of a flat window the picture is flat too, but high enough for its axis.
    size = (6 * (high - low) / (high - low).max()).clamp_min(2).tolist()
    figure = Figure(figsize=(6, 6) if names else tuple(size), dpi=100, layout="constrained")
    axes = figure.add_subplot(aspect="auto" if names else "equal")
    across, up = map(literal, names) if names else ("x₁", "x₂")
    axes.set(xlabel=across, ylabel=up)
    drawn = (("data", data[: len(samples)], "0.7"), ("samples", samples, "tab:red"))
    for kind, points, colour in drawn[not len(data) :]:
        axes.scatter(points[:, 0].numpy(), points[:, 1].numpy(), s=2, color=colour, label=kind)
    add_legend(figure)
    axes.set_xlim(low[0].item(), high[0].item())
    axes.set_ylim(low[1].item(), high[1].item())
    return render(figure)
