"""Learning curves over seeds: their points, and a chart for each."""

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from forger.report.pictures import LITERAL, figure, spread, svg
from forger.report.tables import SeedGroup, show

# More coloured lines than these cannot be told apart.
COLOURED = 8
GREY = "#c8c8c8"
# A curve that goes so many times as far as the median one would flatten the others.
FAR = 20


@matplotlib.rc_context(LITERAL)
def draw_curves(cells: Sequence[SeedGroup], names: Sequence[str]) -> str:
    """Mean over seeds of each curve: the best cells in colour, the worst in red, others grey.

    A band around the mean of a cell in colour is from the lowest of its seeds to the highest.
    """
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    # The legend, two cells a line, must not take the room of the charts.
    legend = 0.18 * -(-min(len(cells), COLOURED + 1) // 2)
    canvas, axes = figure(columns, rows, width=4, height=2.2 + legend / rows)
    for ax, name in zip(axes.flat, names, strict=False):
        draw_curve(ax, cells, name)
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    # The lowest of each column: the last row may be short.
    for ax in axes.flat[len(names) - columns : len(names)]:
        ax.set_xlabel("generator updates")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside lower left", ncols=2, frameon=False)
    return svg(canvas)


def draw_curve(ax: Axes, cells: Sequence[SeedGroup], name: str) -> None:
    """One curve of all cells, over the range of those that stay near the median one."""
    curves = [finite(mean_curve(cell, name)) for cell in cells]
    others = [curve[:, :2] for curve in curves[COLOURED:-1]]
    ax.add_collection(LineCollection(others, colors=GREY, linewidths=0.5, rasterized=True))
    best = min(COLOURED, len(cells))
    colours: list[Any] = [*matplotlib.colormaps["viridis"](np.linspace(0, 0.9, best))]
    coloured = dict(enumerate(colours))
    if len(cells) > COLOURED:
        coloured[len(cells) - 1] = "tab:red"
    for i, colour in coloured.items():
        steps, means, low, high = curves[i].T
        marker = "o" if len(steps) == 1 else None
        ax.plot(steps, means, color=colour, linewidth=1.2, marker=marker, label=cells[i].title)
        ax.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
    ax.autoscale()
    # Around a single point there would be fractions of updates.
    ax.set_xlim(left=0)
    ax.set_title(name)
    if limits := near(curves):
        ax.set_ylim(*limits)
        means = np.concatenate([curve[:, 1] for curve in curves])
        note = f"cut: means go from {show(means.min())} to {show(means.max())}"
        ax.text(1, 1, note, transform=ax.transAxes, ha="right", va="top", color="#606060")


def near(curves: Sequence[np.ndarray]) -> tuple[float, float] | None:
    """Limits of an axis that leave out what goes far beyond the median curve; None if none does."""
    curves = [curve for curve in curves if len(curve)]
    reach = [float(np.abs(curve[:, 1:]).max()) for curve in curves]
    # Of two curves the smaller is the median.
    far = FAR * sorted(reach)[(len(reach) - 1) // 2] if reach else 0.0
    if not far or max(reach) <= far:
        return None
    kept = np.concatenate([c[:, 1:] for c, r in zip(curves, reach, strict=True) if r <= far])
    return spread([float(kept.min()), float(kept.max())])


def mean_curve(cell: SeedGroup, name: str) -> np.ndarray:
    """(points, 4): update, mean, lowest and highest of the cell's sound runs with this curve.

    Of the updates that all of these reached.
    """
    sound = [run for run in cell.runs if run.status in ("done", "stopped", "running")]
    curves = [run.curves[name] for run in sound or cell.runs if name in run.curves]
    steps = sorted(set.intersection(*map(set, curves))) if curves else []
    if not steps:
        return np.empty((0, 4))
    values = np.array([[curve[step] for step in steps] for curve in curves])  # (runs, steps)
    # Of infinities of both signs there is no mean.
    with np.errstate(invalid="ignore"):
        return np.column_stack([steps, values.mean(0), values.min(0), values.max(0)])


def finite(curve: np.ndarray) -> np.ndarray:
    return curve[np.isfinite(curve).all(1)]
