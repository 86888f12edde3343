"""`forger traverse`: one coordinate of a latent vector at a time."""

from dataclasses import dataclass
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from torch import Tensor

from forger.checks import check_positive, check_steps, enough_memory
from forger.config.build import sample_bytes
from forger.config.load import load_for_images
from forger.config.schema import check
from forger.errors import ForgerError
from forger.figures.image_grid import save_grid
from forger.latents import sample_prior_by_index
from forger.runs.folder import find_checkpoint


@dataclass
class Settings:
    ckpt: str
    trust: list[str]
    label: int | float | str | None
    dimensions: list[int] | None
    rows: int
    steps: int
    low: float
    high: float
    seed: int


def run(config: DictConfig) -> None:
    """Write a row of images for each coordinate, from its low to its high value."""
    check(config, Settings)
    check_positive(rows=config.rows)
    check_steps(config.steps)
    if config.low >= config.high:
        raise ForgerError(f"low (={config.low}) must be below high (={config.high})")
    if config.dimensions is not None and not config.dimensions:
        raise ForgerError("dimensions is empty: give coordinates such as [0,5], or null")
    gan = load_for_images(find_checkpoint(config.ckpt), config.label, config.trust)
    for dimension in config.dimensions or []:
        if not 0 <= dimension < gan.latent_dim:
            raise ForgerError(
                f"dimensions (={config.dimensions}) must be in 0..{gan.latent_dim - 1}, the"
                " coordinates of z"
            )
    count = min(config.rows, gan.latent_dim)
    count = count if config.dimensions is None else len(config.dimensions)
    enough_memory(count * config.steps * sample_bytes(gan), steps=config.steps)
    folder = Path(HydraConfig.get().runtime.output_dir)
    base = sample_prior_by_index(gan.prior, 1, gan.latent_dim, config.seed)[0]

    def rows(dimensions: list[int], steps: int) -> Tensor:
        """Images uint8 (dimensions, steps, C, H, W)."""
        z = base.repeat(len(dimensions), steps, 1)  # (dimensions, steps, latent_dim)
        for row, dimension in enumerate(dimensions):
            z[row, :, dimension] = torch.linspace(config.low, config.high, steps)
        return gan.generate(z.flatten(0, 1)).unflatten(0, (len(dimensions), steps))

    ends = rows(list(range(gan.latent_dim)), 2).float() / 255  # (latent_dim, 2, C, H, W) in [0, 1]
    effects = (ends[:, 1] - ends[:, 0]).square().flatten(1).mean(1).sqrt()  # (latent_dim,)
    strongest = effects.argsort(descending=True, stable=True)[: config.rows].tolist()
    chosen = strongest if config.dimensions is None else list(config.dimensions)
    save_grid(rows(chosen, config.steps).flatten(0, 1), config.steps, folder / "grid.png")
    print(f"rows     {folder / 'grid.png'}")
    print("row  coordinate  root mean square difference between its ends, 0 to 1")
    for row, dimension in enumerate(chosen):
        print(f"{row:3}  {dimension:10}  {effects[dimension]:.3f}")
