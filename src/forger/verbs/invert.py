"""`forger invert`: the latent vectors of given images."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig
from safetensors.torch import save_file
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from forger.checks import check_above_zero, check_not_negative, check_positive, enough_memory
from forger.config.build import sample_bytes
from forger.config.load import load_for_images
from forger.config.overrides import output_folder
from forger.config.schema import check
from forger.config.stored_data import open_stored_data
from forger.data.decoding import decode
from forger.errors import ForgerError
from forger.figures.image_grid import save_grid
from forger.gan import GAN
from forger.latent_space.inversion import invert
from forger.latents import sample_prior_by_index
from forger.networks.conditional import call
from forger.pixels import to_float
from forger.runs.files import atomic_write
from forger.runs.folder import find_checkpoint
from forger.runs.terminal import show_work


@dataclass
class Settings:
    ckpt: str
    trust: list[str]
    data: dict[str, str | None]
    label: int | float | str | None
    image: str | list[str] | None
    index: int | list[int] | None
    draws: int
    restarts: int
    steps: int
    learning_rate: float
    prior_weight: float
    seed: int
    out: str


def run(config: DictConfig) -> None:
    """Descend to each image from the nearest of the draws, and show how near the best comes."""
    settings = check_settings(config)
    checkpoint = find_checkpoint(config.ckpt)
    gan = load_for_images(checkpoint, config.label, config.trust)
    enough_memory(config.draws * sample_bytes(gan), draws=config.draws)
    images = chosen(settings, gan, checkpoint)
    folder = output_folder()
    draws = sample_prior_by_index(gan.prior, config.draws, gan.latent_dim, config.seed)
    samples = gan.generate(draws)
    found = [invert_one(config, gan, draws, samples, *named) for named in images.items()]
    z, error, nearest = map(torch.stack, zip(*found, strict=True))
    originals, generated = torch.stack(list(images.values())), gan.generate(z)  # (n, C, H, W) each
    difference = (originals.int() - generated.int()).abs().to(torch.uint8)
    columns = torch.stack([originals, generated, difference], 1)  # (n, 3, C, H, W)
    with atomic_write(folder / "latents.safetensors") as unfinished:
        save_file({"z": z, "error": error, "nearest_draw": nearest}, unfinished)
        save_grid(columns.flatten(0, 1), 3, folder / "inversion.png")
    print("errors are root mean square differences of pixels with values from 0 to 1")
    print(f"picture  {folder / 'inversion.png'}: image, reconstruction, absolute difference")
    print(f"latents  {folder / 'latents.safetensors'}")


def check_settings(config: DictConfig) -> dict[str, Any]:
    """The settings; raises ForgerError for one that is out of range."""
    settings = check(config, Settings)
    check_positive(draws=config.draws, restarts=config.restarts, steps=config.steps)
    check_above_zero(learning_rate=config.learning_rate)
    check_not_negative(prior_weight=config.prior_weight)
    if config.restarts > config.draws:
        raise ForgerError(
            f"restarts (={config.restarts}) must be at most draws (={config.draws}): each starts"
            " from one of them"
        )
    return settings


def invert_one(
    config: DictConfig, gan: GAN, draws: Tensor, samples: Tensor, name: str, image: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Descend to one image, uint8 (C, H, W), from the draws whose samples are nearest to it.

    Returns z (latent_dim,), the root mean square difference of its sample from the image, and that
    of the nearest of the draws, scalars.
    """
    generator = partial(call, gan.sampling_generator, label=gan.labels(config.restarts))
    distance = rms(samples, image)  # (draws,)
    start = draws[distance.argsort(stable=True)[: config.restarts]]  # (restarts, latent_dim)
    target = to_float(image, gan.value_range)
    descent = (config.steps, config.learning_rate, config.prior_weight)
    with show_work(f"descending to {name}"):
        ends = invert(generator, target, start, *descent)
    if not ends.isfinite().all():
        raise ForgerError(
            f"the latent vector of {name} is no longer finite: lower learning_rate"
            f" (={config.learning_rate}) or prior_weight (={config.prior_weight})"
        )
    # Measured on bytes, as they are shown, not on the floats of the descent.
    errors = rms(gan.generate(ends), image)
    z = ends[errors.argmin()]
    print(
        f"{name}: error {errors.min():.4f}, nearest of the draws {distance.min():.4f}; root"
        f" mean square of z {z.square().mean().sqrt():.2f}, of a typical one 1"
    )
    return z, errors.min(), distance.min()


def rms(images: Tensor, image: Tensor) -> Tensor:
    """Root mean square differences (n,) of images to one, uint8, over pixels from 0 to 1."""
    # (n, C, H, W) -> (n, C H W) -> (n,)
    return ((images.float() - image) / 255).square().flatten(1).mean(1).sqrt()


def chosen(settings: dict[str, Any], gan: GAN, checkpoint: Path) -> dict[str, Tensor]:
    """The images to invert, uint8 (C, H, W), under what to call them."""
    files, indices = settings["image"], settings["index"]
    if (files is None) == (indices is None) or [] in (files, indices):
        raise ForgerError("give image=FILE.png, or index=0 for a test image of the run's data")
    if files is not None:
        shape, background = gan.config["data"]["shape"], gan.config["data"].get("background")
        return {
            file: opened(file, shape, background or "white")
            for file in ([files] if isinstance(files, str) else files)
        }
    data = open_stored_data(gan, settings["data"], settings["trust"], checkpoint)
    test = data.splits["test"].examples
    indices = [indices] if isinstance(indices, int) else indices
    if not all(0 <= index < len(test) for index in indices):
        raise ForgerError(f"index (={indices}) must be in 0..{len(test) - 1}, the test images")
    return {f"test image {index}": test[index] for index in indices}


def opened(file: str, shape: Sequence[int], background: str) -> Tensor:
    """An image file as uint8 (C, H, W), in grey or colour as the generator has it."""
    channels, height, width = shape
    path = Path(file).expanduser()
    if not path.exists():
        raise ForgerError(f"image (={file}) is not a file: give an image file")
    try:
        pixels = pil_to_tensor(decode(path, channels, background))
    except ForgerError as error:
        raise ForgerError(
            f"{file} cannot be read: {error}; the generator's images have {width} x {height} pixels"
        ) from error
    if pixels.shape[1:] != (height, width):
        raise ForgerError(
            f"{file} has {pixels.shape[2]} x {pixels.shape[1]} pixels: the generator's images have"
            f" {width} x {height}"
        )
    return pixels.contiguous()
