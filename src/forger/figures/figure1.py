"""Figure 1 of Goodfellow et al. 2014: densities, the discriminator, and where z goes."""

import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure, SubFigure
from torch import Tensor
from torch.distributions import Normal

from forger.figures.film import Frame

# The paper's colours, in the shades that Okabe and Ito chose for the colour-blind.
BLUE, GREEN = "#0072B2", "#009E73"

# A frame has "update" (), "p_g" and "D" on the grid of x, (m,), and "G" of the lines' z, (lines,).


def kernel_density(points: Tensor, x: Tensor, bandwidth: float) -> Tensor:
    """Density of points (n,) at x (m,) by a Gaussian kernel of this standard deviation; (m,).

    NaN where a point is: a generator that diverged is drawn as nothing.
    """
    # (m, 1) at (n,) -> (m, n) -> (m,)
    return Normal(points, bandwidth, validate_args=False).log_prob(x[:, None]).exp().mean(1)


class Panel:
    """Densities and discriminator above, and below them the lines from z to x = G(z).

    figure: where to draw. x: grid (m,). p_data: density there (m,). z: where lines start (lines,).
    Axes never change, so that a film does not jump.
    """

    def __init__(self, figure: Figure | SubFigure, x: Tensor, p_data: Tensor, z: Tensor) -> None:
        self.x, self.p_data = x, p_data
        left, right = x[0].item(), x[-1].item()
        above, below = figure.subplots(2, height_ratios=[3, 1])
        # At this height D = 1/2 is just above the peak of the data.
        above.set(xlim=(left, right), ylim=(0, 2.4 * p_data.max().item()))
        above.set(xlabel="x", ylabel="density")
        above.spines[["top", "right"]].set_visible(False)
        d_axis = above.twinx()
        d_axis.set(ylim=(0, 1), yticks=[0, 0.5, 1])
        d_axis.set_ylabel("D(x)", color=BLUE)
        d_axis.tick_params(axis="y", colors=BLUE)
        d_axis.spines[["top", "left"]].set_visible(False)
        d_axis.axhline(0.5, color=BLUE, linewidth=0.5)
        above.fill_between(x, p_data, color="0.9")
        (data,) = above.plot(x, p_data, ":", color="black", linewidth=2)
        (self.p_g,) = above.plot([], [], color=GREEN, linewidth=2.5)
        (self.best,) = d_axis.plot([], [], color=BLUE, linewidth=5, alpha=0.25)
        (self.far,) = d_axis.plot([], [], "--", color=BLUE, linewidth=1, alpha=0.3)
        (self.d,) = d_axis.plot([], [], "--", color=BLUE, linewidth=2)
        self.legend = {
            "data": data,
            "generator": self.p_g,
            "discriminator D(x)": self.d,
            "best D for this generator, D*(x)": self.best,
        }
        self.title = above.set_title(" ")
        # z from -3 to 3 is as wide as the window of x.
        places = torch.linspace(left, right, 7).tolist()
        below.set(xlim=(left, right), ylim=(0, 1), yticks=[], xlabel="z")
        below.set_xticks(places, [f"{i}".replace("-", "\N{MINUS SIGN}") for i in range(-3, 4)])
        below.spines[["left", "right"]].set_visible(False)
        self.starts = (left + (z + 3) / 6 * (right - left)).tolist()
        # One collection moves all lines at once.
        self.lines = LineCollection([], colors=GREEN, linewidths=1)
        below.add_collection(self.lines)

    def show(self, frame: Frame) -> None:
        """Move all curves to a moment of the game."""
        both = self.p_data + frame["p_g"]
        # Elsewhere there were hardly any examples, and D(x) means nothing.
        asked = both > 0.05 * self.p_data.max()
        self.title.set_text(f"update {frame['update'].item():,}")
        self.p_g.set_data(self.x, frame["p_g"])
        self.far.set_data(self.x, frame["D"])
        self.d.set_data(self.x, torch.where(asked, frame["D"], torch.nan))
        # In one piece, also where there is a gap between data and generator.
        within = asked.cummax(0).values & asked.flip(0).cummax(0).values.flip(0)
        # D*(x) = p_data / (p_data + p_g), eq. 2.
        self.best.set_data(self.x, torch.where(within, self.p_data / both, torch.nan))
        ends = zip(self.starts, frame["G"].tolist(), strict=True)
        self.lines.set_segments([[(start, 0), (end, 1)] for start, end in ends])


def add_legend(figure: Figure, panel: Panel) -> None:
    """The legend, over all of a figure."""
    curves = panel.legend
    figure.legend(
        curves.values(), curves.keys(), loc="outside upper center", ncols=len(curves), frameon=False
    )


def four_moments(frames: list[Frame], p_data: Tensor) -> list[Frame]:
    """Start and end, and between them when two thirds and one third of the way were still to go.

    The way is the total variation distance between the densities. The third is after the second,
    also where one frame has come so far at once. A run that does not come so far shows the middle
    of the frames that are left.
    """
    away = torch.stack([(frame["p_g"] - p_data).abs().sum() for frame in frames])  # (frames,)

    def near(fraction: float, after: int) -> int:
        found = (away[after:] <= fraction * away[0]).nonzero()
        return after + int(found[0]) if len(found) else (after + len(frames)) // 2

    second = near(2 / 3, after=0)
    third = near(1 / 3, after=min(second + 1, len(frames) - 1))
    return [frames[i] for i in (0, second, third, -1)]
