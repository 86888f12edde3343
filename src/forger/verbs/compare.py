"""`forger compare`: runs beside each other on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from omegaconf import DictConfig
from torchvision.transforms.functional import to_pil_image

from forger.checks import check_not_negative, check_positive, enough_memory
from forger.config.build import sample_bytes
from forger.config.load import load
from forger.config.schema import check
from forger.data.units import units_of
from forger.errors import ForgerError, visible
from forger.figures.examples import draw
from forger.gan import GAN
from forger.report.compare import Comparison
from forger.report.learning_curves import COLOURED
from forger.report.reading import names_of, read_run
from forger.report.samples import png
from forger.report.tables import show
from forger.runs.files import atomic_write, check_writable
from forger.runs.folder import find_checkpoint


@dataclass
class Settings:
    runs: str | list[str]
    trust: list[str]
    n: int
    columns: int
    seed: int
    out: str


def run(config: DictConfig) -> None:
    """Write compare.html, and print the settings that differ and the results."""
    check(config, Settings)
    check_positive(columns=config.columns)
    check_not_negative(n=config.n)
    given = [config.runs] if isinstance(config.runs, str) else list(config.runs)
    folders = [run_folder(path) for path in given]
    if not 2 <= len(given) <= COLOURED:
        many = "1 run folder" if len(given) == 1 else f"{len(given)} run folders"
        raise ForgerError(f"runs has {many}: give 2 to {COLOURED}; forger report takes any number")
    if len(set(folders)) < len(folders):
        raise ForgerError("runs has one run folder twice: give different ones")
    page = Path(config.out).expanduser() / "compare.html"
    check_writable(page)
    runs = [read_run(folder) for folder in folders]
    samples, why = [], ""
    try:
        samples = draw_samples(folders, config)
    except ForgerError as error:
        # Runs of other data, or without a checkpoint, can be compared all the same.
        why = str(error)
    comparison = Comparison(names_of(folders), runs, samples, why)
    with atomic_write(page) as partial:
        # Half a character in a stored text is no reason to have no page.
        partial.write_text(comparison.html(page.parent), encoding="utf-8", errors="replace")
    print_table(comparison)
    if why:
        print(visible(f"samples  {why}"))
    print(visible(f"page     {page}"))


def run_folder(given: str) -> Path:
    folder = Path(given).expanduser().resolve()
    for file in ("config/config.yaml", "run.json"):
        if not (folder / file).is_file():
            raise ForgerError(f"{given} is not a run folder, since it has no {file}: give another")
    return folder


def draw_samples(folders: Sequence[Path], config: DictConfig) -> list[str]:
    """A PNG in base64 for each run, of n samples for the same latent vectors.

    Raises ForgerError unless all have a checkpoint, and the same prior and size of latent vectors.
    """
    if config.n == 0:
        raise ForgerError("n is 0: no samples were drawn")
    gans = [load(find_checkpoint(str(folder)), config.trust) for folder in folders]
    first = gans[0]
    for gan in gans[1:]:
        if gan.latent_dim != first.latent_dim or prior(gan) != prior(first):
            raise ForgerError(
                f"the runs have no latent vectors in common: {first.latent_dim} numbers of"
                f" {prior(first)}, and {gan.latent_dim} of {prior(gan)}"
            )
    enough_memory(config.n * sum(map(sample_bytes, gans)), n=config.n)
    samples = [gan.sample(config.n, config.seed) for gan in gans]
    pictures = []
    for gan, examples in zip(gans, samples, strict=True):
        # Points of all runs are drawn over the same range.
        window = torch.cat([other for other in samples if other.shape == examples.shape])
        units = units_of(gan.config)
        picture = draw(examples, examples[:0], config.columns, window, units)
        pictures.append(png(to_pil_image(picture)))
    return pictures


def prior(gan: GAN) -> object:
    """What the prior is, as the configuration has it."""
    return gan.config["model"]["prior"]


def print_table(comparison: Comparison) -> None:
    """The settings that differ and the results: a line for each, a column for each run."""
    rows = [("", list(comparison.names)), *comparison.settings(), *comparison.results()]
    lines = [
        [visible(text).replace("\n", "\\n") for text in (name, *map(show, values))]
        for name, values in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))
        print("  ".join([line[0].ljust(widths[0]), *cells]))
