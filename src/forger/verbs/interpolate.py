"""`forger interpolate`: samples between two latent vectors."""

from dataclasses import dataclass
from typing import Literal

import torch
from omegaconf import DictConfig
from torch import Tensor

from forger.checks import check_positive, check_steps, enough_memory
from forger.config.build import sample_bytes
from forger.config.load import load_of_class
from forger.config.overrides import output_folder
from forger.config.schema import check
from forger.data.units import units_of
from forger.figures.examples import draw_rows
from forger.figures.image_grid import as_bytes, save_gif, save_image
from forger.latent_space.interpolation import PATHS
from forger.latents import sample_prior_by_index
from forger.runs.folder import find_checkpoint


@dataclass
class Settings:
    ckpt: str
    trust: list[str]
    label: int | float | str | None
    pairs: int
    steps: int
    frames: int
    path: Literal["spherical", "linear"] | None
    seed: int
    out: str


def run(config: DictConfig) -> None:
    """Write a row of samples for each pair, and of images a closed walk through all z."""
    check(config, Settings)
    check_positive(pairs=config.pairs, frames=config.frames)
    check_steps(config.steps)
    gan = load_of_class(find_checkpoint(config.ckpt), config.label, config.trust)
    images = config.pairs * (config.steps + 2 * config.frames)
    counts = {name: config[name] for name in ("pairs", "steps", "frames")}
    enough_memory(images * sample_bytes(gan), **counts)
    folder = output_folder()
    path = config.path or ("spherical" if gan.prior == "normal" else "linear")

    def between(a: Tensor, b: Tensor, weights: Tensor) -> Tensor:
        """Samples from each a to its b, (n, latent_dim) both, row by row."""
        z = PATHS[path](a[:, None], b[:, None], weights[:, None])  # (n, steps, latent_dim)
        return gan.generate(z.flatten(0, 1))

    z = sample_prior_by_index(gan.prior, 2 * config.pairs, gan.latent_dim, config.seed)
    # Each pair of neighbours is a row.
    rows = between(z[0::2], z[1::2], torch.linspace(0, 1, config.steps))
    rows = rows.unflatten(0, (config.pairs, config.steps))
    save_image(draw_rows(rows, units_of(gan.config)), folder / "grid.png")
    print(f"rows     {folder / 'grid.png'}, a {path} path for each pair")
    if rows.ndim != 5:
        return
    # The last latent vector leads back to the first, and no weight is 1: no frame is shown twice.
    walk = between(z, z.roll(-1, 0), torch.arange(config.frames) / config.frames)
    save_gif(as_bytes(walk, walk), folder / "walk.gif")
    print(f"walk     {folder / 'walk.gif'}, through all {len(z)} latent vectors and back")
