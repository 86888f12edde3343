"""A picture of points along paths, such as those of latent vectors."""

from collections.abc import Sequence

from torch import Tensor

from forger.figures.histograms import panels
from forger.figures.render import render


def paths(rows: Tensor, names: Sequence[str] | None = None) -> Tensor:
    """Paths (rows, steps, d): a panel for each coordinate, in it a line for each path, by step.

    names: of the coordinates; None: 0, 1, ... Values that are not finite are left out. Returns
    uint8 (3, height, width).
    """
    figure, axes = panels(rows.shape[2], names)
    for i, ax in enumerate(axes):
        # (rows, steps) -> (steps, rows): a line for each column.
        ax.plot(rows[:, :, i].T.numpy(), marker=".", markersize=3, linewidth=1)
        ax.grid(alpha=0.3)
        ax.set_xlabel("step", fontsize=7)
    labels = [f"row {row}" for row in range(len(rows))]
    # Five names on four inches, in a space of their own below the panels.
    width, height = figure.get_size_inches()
    columns = int(1.25 * width)
    figure.set_figheight(height + 0.2 + 0.2 * -(-len(rows) // columns))
    figure.legend(
        axes[0].get_lines(), labels, loc="outside lower center", fontsize=7, ncols=columns
    )
    return render(figure)
