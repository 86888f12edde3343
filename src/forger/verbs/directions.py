"""`forger directions`: the directions in latent space that change images most."""

from dataclasses import dataclass

import torch
from omegaconf import DictConfig
from safetensors.torch import save_file

from forger.checks import check_above_zero, check_positive, check_steps, enough_memory
from forger.config.build import sample_bytes
from forger.config.load import load_for_images
from forger.config.overrides import output_folder
from forger.config.schema import check
from forger.errors import ForgerError
from forger.figures.image_grid import save_grid
from forger.latent_space.directions import principal
from forger.latents import sample_prior_by_index
from forger.runs.files import atomic_write
from forger.runs.folder import find_checkpoint


@dataclass
class Settings:
    ckpt: str
    trust: list[str]
    label: int | float | str | None
    n: int | None
    bases: int
    steps: int
    reach: float
    seed: int
    out: str


def run(config: DictConfig) -> None:
    """Write images along the strongest directions from a few latent vectors, and all directions."""
    check(config, Settings)
    check_positive(n=8 if config.n is None else config.n, bases=config.bases)
    check_steps(config.steps)
    check_above_zero(reach=config.reach)
    gan = load_for_images(find_checkpoint(config.ckpt), config.label, config.trust)
    directions, strengths = principal(gan.sampling_generator, gan.latent_dim)
    n = min(8, len(directions)) if config.n is None else config.n
    if n > len(directions):
        raise ForgerError(f"n (={n}) must be at most {len(directions)}, the number of directions")
    columns = config.bases * config.steps
    enough_memory(n * columns * sample_bytes(gan), bases=config.bases, steps=config.steps)
    folder = output_folder()
    bases = sample_prior_by_index(gan.prior, config.bases, gan.latent_dim, config.seed)
    steps = torch.linspace(-config.reach, config.reach, config.steps)
    # (n, bases, steps, latent_dim)
    z = bases[:, None] + steps[:, None] * directions[:n, None, None]
    images = gan.generate(z.flatten(0, 2))
    with atomic_write(folder / "directions.safetensors") as partial:
        save_file({"directions": directions, "strengths": strengths}, partial)
        save_grid(images, columns, folder / "directions.png")
    shown = ", ".join(f"{strength:.3g}" for strength in strengths[:n].tolist())
    each = f"{config.steps} steps for each of {config.bases} latent vectors"
    print(f"rows     {folder / 'directions.png'}, a direction each: {each}, strengths {shown}")
    print(f"all      {folder / 'directions.safetensors'}")
