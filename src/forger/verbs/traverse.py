"""`forger traverse`: one coordinate of a latent vector, or one code, at a time."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from omegaconf import DictConfig
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from forger.checks import check_positive, check_steps, enough_memory
from forger.config.build import sample_bytes
from forger.config.codes import choose_codes
from forger.config.load import load_of_class
from forger.config.overrides import output_folder
from forger.config.schema import check
from forger.data.units import units_of
from forger.errors import ForgerError
from forger.figures.examples import draw_rows
from forger.figures.image_grid import save_image
from forger.gan import GAN
from forger.latents import Codes, sample_prior_by_index
from forger.runs.folder import find_checkpoint


@dataclass
class Settings:
    ckpt: str
    trust: list[str]
    label: int | float | str | None
    codes: list[float | None] | None
    dimensions: list[int] | None
    rows: int
    steps: int
    low: float
    high: float
    seed: int
    out: str


def run(config: DictConfig) -> None:
    """Write a row of samples for each coordinate, or for each code of a prior that has codes."""
    check(config, Settings)
    check_positive(rows=config.rows)
    check_steps(config.steps)
    if config.low >= config.high:
        raise ForgerError(f"low (={config.low}) must be below high (={config.high})")
    if config.dimensions is not None and not config.dimensions:
        raise ForgerError("dimensions is empty: give coordinates such as [0,5], or null")
    gan = load_of_class(find_checkpoint(config.ckpt), config.label, config.trust)
    choose_codes(gan, config.codes)
    base = sample_prior_by_index(gan.prior, 1, gan.latent_dim, config.seed)[0]
    path = output_folder() / "grid.png"
    if isinstance(gan.prior, Codes) and config.dimensions is None:
        walk_codes(gan, gan.prior, base, config.steps, path)
    else:
        walk_coordinates(gan, base, config, path)


def walk_codes(gan: GAN, prior: Codes, base: Tensor, steps: int, path: Path) -> None:
    """A row for each code, which goes through its values while the rest of z stays."""
    enough_memory(prior.count * steps * sample_bytes(gan), steps=steps)
    values = [prior.values(code, steps) for code in range(prior.count)]
    # For each code (values, latent_dim).
    z = [prior.put(base.repeat(len(v), 1), code, v) for code, v in enumerate(values)]
    samples = gan.generate(torch.cat(z))
    rows = samples.split([len(v) for v in values])
    # Rows that are shorter than the longest, (n, *shape), end in black, or in nothing.
    nothing = math.nan if samples.is_floating_point() else 0
    grid = pad_sequence(list(rows), batch_first=True, padding_value=nothing)
    save_image(draw_rows(grid, units_of(gan.config)), path)
    print(f"rows     {path}")
    print("row  values of the code")
    for code, v in enumerate(values):
        print(f"{code:3}  {v[0]:g} to {v[-1]:g}, {len(v)} of them")


def walk_coordinates(gan: GAN, base: Tensor, config: DictConfig, path: Path) -> None:
    """A row for each coordinate, from its low to its high value while the others stay."""
    for dimension in config.dimensions or []:
        if not 0 <= dimension < gan.latent_dim:
            raise ForgerError(
                f"dimensions (={config.dimensions}) must be in 0..{gan.latent_dim - 1}, the"
                " coordinates of z"
            )
    count = min(config.rows, gan.latent_dim)
    count = count if config.dimensions is None else len(config.dimensions)
    enough_memory(count * config.steps * sample_bytes(gan), steps=config.steps)

    def rows(dimensions: list[int], steps: int) -> Tensor:
        """Samples (dimensions, steps, *shape)."""
        z = base.repeat(len(dimensions), steps, 1)  # (dimensions, steps, latent_dim)
        for row, dimension in enumerate(dimensions):
            z[row, :, dimension] = torch.linspace(config.low, config.high, steps)
        return gan.generate(z.flatten(0, 1)).unflatten(0, (len(dimensions), steps))

    ends = rows(list(range(gan.latent_dim)), 2)  # (latent_dim, 2, *shape)
    # Pixels in [0, 1], points in the units of training.
    pixels = not ends.is_floating_point()
    ends = ends.float() / (255 if pixels else 1)
    effects = (ends[:, 1] - ends[:, 0]).square().flatten(1).mean(1).sqrt()  # (latent_dim,)
    strongest = effects.argsort(descending=True, stable=True)[: config.rows].tolist()
    chosen = strongest if config.dimensions is None else list(config.dimensions)
    save_image(draw_rows(rows(chosen, config.steps), units_of(gan.config)), path)
    print(f"rows     {path}")
    scale = ", 0 to 1" if pixels else ""
    print(f"row  coordinate  root mean square difference between its ends{scale}")
    for row, dimension in enumerate(chosen):
        print(f"{row:3}  {dimension:10}  {effects[dimension]:.3f}")
