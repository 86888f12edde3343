"""Figure 1 of Goodfellow et al. 2014, drawn during training."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pytorch_lightning import Trainer

from forger import latents
from forger.callbacks.film import Film
from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.figures.figure1 import Panel, add_legend, four_moments, kernel_density
from forger.figures.film import Frame
from forger.figures.render import pixels
from forger.gan import GAN
from forger.networks.conditional import discriminator_logits
from forger.runs.files import atomic_write

# Values of x at which densities are computed.
PLACES = 200


class Densities(Film):
    """Densities of data and generator, the discriminator, and where the generator takes each z.

    Pictures go to all trackers during training. At its end they are saved as densities.gif, a film
    of all frames, and densities.png, four of them, in the run folder. Data and generator are
    smoothed by a Gaussian kernel of the same width, by Silverman's rule on the data. The
    discriminator that answers this generator best is p_data / (p_data + p_g): proposition 1 of the
    paper.

    every_n_updates: number of generator updates between two pictures. The start and the end have
    one too. n: number of samples, and largest number of training points. lines: number of z that
    are followed; each stands for the same fraction of the prior. seed: seed of the latent vectors.
    What has been drawn is kept in the checkpoint.
    Raises ForgerError if data or latent vectors have more than one dimension, or all data are one
    point, which has no density.
    """

    name = "densities"

    def __init__(self, every_n_updates: int, n: int, lines: int, seed: int) -> None:
        check_positive(every_n_updates=every_n_updates, n=n, lines=lines)
        super().__init__(every_n_updates)
        self.n = n
        self.lines = lines
        self.seed = seed

    def check(self, gan: GAN, data: InMemory) -> None:
        if data.shape != (1,) or gan.latent_dim != 1:
            raise ForgerError(
                "callbacks.densities needs examples and latent vectors of one number each, but"
                f" data.shape is {list(data.shape)} and model.latent_dim is {gan.latent_dim}:"
                " give ~callbacks.densities"
            )
        low, high = data.splits["train"].examples[: self.n].aminmax()
        if low == high:
            raise ForgerError(
                "callbacks.densities needs training points that differ, but those among the first"
                f" {self.n} (callbacks.densities.n) are all {low:g}: give ~callbacks.densities"
            )

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        points = data.splits["train"].examples[: self.n, 0]
        low, high = points.aminmax()
        margin = (high - low) / 10
        self.x = torch.linspace(float(low - margin), float(high + margin), PLACES)
        # Silverman 1986, eq. 3.28.
        self.bandwidth = 1.06 * points.std().item() * len(points) ** -0.2
        self.p_data = kernel_density(points, self.x, self.bandwidth)
        # Sorted, so that equal steps along it stand for equal fractions of the prior.
        self.z = latents.sample_prior_by_index(gan.prior, self.n, 1, self.seed).sort(0).values
        middles = (torch.arange(self.lines) + 0.5) / self.lines
        self.traced_z = self.z[(middles * self.n).long()]
        figure = Figure(figsize=(8, 5.5), dpi=100, layout="constrained")
        self.canvas = FigureCanvasAgg(figure)
        self.panel = Panel(figure, self.x, self.p_data, self.traced_z[:, 0])
        add_legend(figure, self.panel)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        super().on_train_end(trainer, gan)
        if trainer.is_global_zero:
            self.save_still(Path(trainer.default_root_dir, "densities.png"))

    def frame(self, gan: GAN) -> Frame:
        # The generator itself, not its average: the discriminator is trained against this one.
        samples = gan.generator(self.z.to(gan.device))[:, 0].cpu()  # (n, 1) -> (n,)
        x = self.x[:, None].to(gan.device)  # (points, 1)
        return {
            "p_g": kernel_density(samples, self.x, self.bandwidth),
            "D": discriminator_logits(gan.discriminator, x).sigmoid().cpu(),
            "G": gan.generator(self.traced_z.to(gan.device))[:, 0].cpu(),
        }

    def picture(self, frame: Frame) -> np.ndarray:
        """A moment as uint8 (550, 800, 3)."""
        self.panel.show(frame)
        return pixels(self.canvas)

    def save_still(self, path: Path) -> None:
        figure = Figure(figsize=(14, 9), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        parts = cast(np.ndarray, figure.subfigures(2, 2)).flat
        panels = [Panel(part, self.x, self.p_data, self.traced_z[:, 0]) for part in parts]
        for panel, frame in zip(panels, four_moments(self.frames, self.p_data), strict=True):
            panel.show(frame)
        add_legend(figure, panels[0])
        with atomic_write(path) as partial:
            figure.savefig(partial)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        wanted = {"update": 0, "p_g": 1, "D": 1, "G": 1}
        for frame in state["frames"]:
            if {name: tensor.ndim for name, tensor in frame.items()} != wanted:
                raise ValueError(f"frames must have {', '.join(wanted)}")
            found = [len(frame[name]) for name in ("p_g", "D", "G")]
            if found != [PLACES, PLACES, self.lines]:
                raise ValueError(
                    f"stored frames of callbacks.densities have {found} numbers, but {PLACES},"
                    f" {PLACES} and lines (={self.lines}) are needed: lines cannot be changed on"
                    " resume"
                )
        self.frames = list(state["frames"])
