"""`forger sample`: images from a checkpoint, needing nothing else."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from omegaconf import DictConfig
from torch import Tensor

from forger.checks import check_positive, enough_memory
from forger.config.build import sample_bytes, sampler_of
from forger.config.classes import choose_class, class_of_each
from forger.config.codes import choose_codes
from forger.config.load import load
from forger.config.overrides import output_folder
from forger.config.schema import check
from forger.config.settings import Instantiable
from forger.data.units import to_file, units_of
from forger.errors import ForgerError
from forger.figures.examples import draw
from forger.figures.image_grid import save_image
from forger.gan import GAN
from forger.runs.files import atomic_write
from forger.runs.folder import find_checkpoint


@dataclass
class Settings:
    ckpt: str
    trust: list[str]
    n: int
    seed: int
    label: int | float | str | None
    codes: list[float | None] | None
    columns: int
    singles: bool
    npz: bool
    sampler: Instantiable | None
    out: str


def run(config: DictConfig) -> None:
    """Write n samples of a seed as one grid, and if asked as single PNGs and as an .npz.

    Rows of a table are written as a .csv in any case, in the units of their file.
    """
    check(config, Settings)
    check_positive(n=config.n, columns=config.columns)
    folder = output_folder()
    gan = load(find_checkpoint(config.ckpt), config.trust)
    if gan.value_range is None and config.singles:
        raise ForgerError("this generator makes points, not images: give npz=true, not singles")
    examples, units = samples_of(gan, config), units_of(gan.config)
    # Points have their training data in no checkpoint.
    picture = draw(examples, examples[:0], config.columns, units=units)
    save_image(picture, folder / "grid.png")
    print(f"samples  {folder / 'grid.png'}")
    examples = to_file(examples, units)
    if units and examples.ndim == 2:
        write_table(examples, units["names"], gan, folder / "samples.csv")
        print(f"table    {folder / 'samples.csv'}")
    elif not units and gan.config["data"].get("standardise"):
        print("units    mean 0, standard deviation 1: an older Forger kept none of the file")
    if config.singles:
        # Apart from the grid, which is no sample.
        singles = folder / "singles"
        singles.mkdir(exist_ok=True)
        # Of a command that drew more of them.
        for old in singles.glob("[0-9]*.png"):
            old.unlink()
        for i, image in enumerate(examples):
            save_image(image, singles / f"{i:05d}.png")
        print(f"singles  {singles}/00000.png to {config.n - 1:05d}.png")
    if config.npz:
        with atomic_write(folder / "samples.npz") as partial:
            np.savez_compressed(partial, samples=examples.numpy())
        print(f"array    {folder / 'samples.npz'}")


def write_table(points: Tensor, names: list[str], gan: GAN, path: Path) -> None:
    """Points (n, d) as rows below the names of their columns; then a column of their classes."""
    classes = class_of_each(gan, len(points))
    label = gan.config["data"].get("label")
    last = ["class" if label is None else label] if classes else []
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*names, *last])
        for i, point in enumerate(points.numpy()):
            # As texts: a float32 has fewer digits than the float that Python makes of it.
            rows.writerow([*map(str, point), *classes[i : i + 1]])


def samples_of(gan: GAN, config: DictConfig) -> Tensor:
    """The samples that the settings ask for: see `GAN.sample`.

    Raises ForgerError if this GAN has no such class or codes, or memory does not hold n of them.
    """
    choose_class(gan, config.label)
    choose_codes(gan, config.codes)
    enough_memory(config.n * sample_bytes(gan), n=config.n)
    return sampler_of(config, gan)(config.n, config.seed)
