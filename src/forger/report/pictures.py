"""Charts of a report, as SVG inside of the page."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from forger.report.reading import Run
from forger.report.statistics import Estimate
from forger.report.tables import in_order, number, show

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: small, and searchable in the page
    "svg.hashsalt": "forger",  # the same runs give the same bytes
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Dollar signs in names must not be read as formulas, and ticks say all of their value.
LITERAL: dict[Any, Any] = {"text.parse_math": False, "axes.formatter.useoffset": False}
# The best value is dark.
MAPS = {"min": "viridis", "max": "viridis_r"}


def svg(figure: Figure) -> str:
    """The figure as an <svg> element; many lines of it as pixels."""
    # The XML header before <svg is not allowed inside of a page.
    text = StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(text, format="svg", dpi=110, metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]


def figure(
    columns: int, rows: int = 1, width: float = 2.6, height: float = 2.2
) -> tuple[Figure, Any]:
    with matplotlib.rc_context(STYLE):
        canvas = Figure(figsize=(width * columns, height * rows))
        # A title is clear of the ticks above it.
        canvas.set_layout_engine("constrained", h_pad=0.1)
        return canvas, canvas.subplots(rows, columns, squeeze=False)


@matplotlib.rc_context(LITERAL)
def draw_effects(effects: Mapping[str, Mapping[Any, Estimate]], metric: str) -> str:
    """One small chart for each setting: mean of the metric and its interval at each value."""
    columns = min(5, len(effects))
    rows = -(-len(effects) // columns)
    canvas, axes = figure(columns, rows)
    limits = [b for values in effects.values() for e in values.values() for b in bounds(e)]
    for ax, (name, values) in zip(axes.flat, effects.items(), strict=False):
        means = [e.mean for e in values.values()]
        halves = [e.half or 0 for e in values.values()]
        # Words have no order to draw a line along.
        line = "o-" if all(map(number, values)) else "o"
        ax.errorbar(range(len(means)), means, halves, fmt=line, capsize=3, linewidth=1)
        labels = [show(value) for value in values]
        # Long labels would touch each other.
        slant = {"rotation": 25, "ha": "right"} if max(map(len, labels)) > 5 else {}
        ax.set_xticks(range(len(means)), labels, **slant)
        ax.set_xlim(-0.5, len(means) - 0.5)
        ax.set_ylim(*spread(limits))
        ax.set_title(name)
    for ax in axes[:, 0]:
        ax.set_ylabel(metric)
    for ax in axes.flat[len(effects) :]:
        ax.set_axis_off()
    return svg(canvas)


def bounds(e: Estimate) -> tuple[float, float]:
    return e.mean - (e.half or 0), e.mean + (e.half or 0)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Limits of an axis that shows all values with room around them."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


@matplotlib.rc_context(LITERAL)
def draw_parallel(runs: Sequence[Run], names: Sequence[str], metric: str, mode: str) -> str:
    """A line for each run across one axis a setting and the metric, coloured by the metric.

    mode: "min" or "max", which is best.
    """
    values = {run.folder: run.final(metric) for run in runs}
    with_value = [run for run in runs if values[run.folder] is not None]
    goals = np.array([values[run.folder] for run in with_value])
    # (runs, settings + 1), each from 0 to 1.
    positions = np.stack([*(place(with_value, n) for n in names), scale(goals)], axis=1)
    canvas, axes = figure(1, width=min(12, 3 + 1.5 * len(names)), height=3)
    ax = axes[0, 0]
    x = np.arange(len(names) + 1)  # an axis for each setting, and one for the metric
    lines = LineCollection(
        [np.column_stack([x, row]) for row in positions],
        cmap=MAPS[mode],
        alpha=max(0.15, min(0.8, 40 / len(with_value))),
        linewidths=1.2,
        # Thousands of lines as vectors would make the page slow.
        rasterized=len(with_value) > 100,
    )
    lines.set_array(goals)
    ax.add_collection(lines)
    canvas.colorbar(lines, ax=ax, label=metric)
    ax.set_xlim(-0.3, len(names) + 0.3)
    ax.set_ylim(-0.05, 1.05)
    ax.set_xticks(x, [*names, metric])
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ends = {0.0: float(goals.min()), 1.0: float(goals.max())}
    for i, labels in enumerate([*(labels_of(with_value, name) for name in names), ends]):
        ax.axvline(i, color="k", linewidth=0.5)
        for y, value in labels.items():
            ax.annotate(show(value), (i, y), xytext=(3, 1), textcoords="offset points")
    return svg(canvas)


def labels_of(runs: Sequence[Run], name: str) -> dict[float, Any]:
    """Values of a setting by their place on its axis: all, or the ends where labels would touch."""
    values = dict(zip(place(runs, name), (run.settings[name] for run in runs), strict=True))
    places = sorted(values)
    return {y: values[y] for y in (places if len(places) < 9 else places[:: len(places) - 1])}


def place(runs: Sequence[Run], name: str) -> np.ndarray:
    """Where each run crosses the axis of a setting, 0 to 1: its value's rank among the values."""
    order = {value: i for i, value in enumerate(in_order(run.settings[name] for run in runs))}
    return scale(np.array([order[run.settings[name]] for run in runs], dtype=float))


def scale(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
