"""A picture of the curves of a run."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from forger.runs.curves import Curve
from forger.runs.files import atomic_write

# Title, and curves with their labels, of each panel but that of the objective.
PANELS = {
    "loss": {"loss/discriminator": "D", "loss/generator": "G"},
    "D(x) and D(G(z)), equal at equilibrium": {
        "prob/real": "D(x)",
        "prob/fake": "D(G(z))",
    },
}


def save_curves(curves: Mapping[str, Curve], objective: str, path: Path) -> None:
    """Losses, D(x) and D(G(z)), and the objective over generator updates, as a PNG.

    A panel for each of these that the run has; without any, nothing is written.
    """
    panels = {**PANELS, objective: {objective: objective}}
    panels = {title: names for title, names in panels.items() if curves.keys() & names.keys()}
    if not panels:
        return
    figure = Figure(figsize=(4.5 * len(panels), 3), dpi=100, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, (title, names) in zip(axes, panels.items(), strict=True):
        for name, label in names.items():
            curve = curves.get(name, {})
            # A curve of one point has no line.
            ax.plot([*curve], [*curve.values()], "-" if len(curve) > 1 else ".", label=label)
        # Dollar signs in the name of an objective are no formula.
        ax.set_title(title, fontsize=10, parse_math=False)
        ax.set_xlabel("generator updates")
        # Ticks say all of their value, also where all are near 14.
        ax.ticklabel_format(useOffset=False)
        # Around a single point there would be fractions of updates.
        ax.set_xlim(left=0)
        ax.spines[["top", "right"]].set_visible(False)
        if len(names) > 1:
            ax.legend(frameon=False)
        if title != "loss" and len(names) > 1:
            ax.set_ylim(0, 1)
            ax.axhline(0.5, color="0.7", linewidth=0.5)
    with atomic_write(path) as partial:
        figure.savefig(partial)
