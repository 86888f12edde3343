"""`forger export`: the generator, for use without Forger."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from omegaconf import DictConfig

from forger.config.load import load, read
from forger.config.overrides import output_folder
from forger.config.schema import check
from forger.data.units import units_of
from forger.errors import ForgerError
from forger.export.card import write_card
from forger.export.formats import trace, write_onnx, write_program, write_weights
from forger.export.page import write_page
from forger.figures.examples import draw
from forger.figures.image_grid import save_image
from forger.gan import GAN
from forger.runs.files import atomic_write
from forger.runs.folder import find_checkpoint

# Number of samples in the picture of a model card.
SAMPLES = 96


@dataclass
class Settings:
    ckpt: str
    card: bool
    trust: list[str]
    out: str


def run(config: DictConfig) -> None:
    """Write the generator as safetensors, .pt2, ONNX and, if it makes images, as a page.

    If asked, a model card and a picture of samples as well.
    """
    check(config, Settings)
    lacking = [name for name in ("onnx", "onnxscript", "onnxruntime") if find_spec(name) is None]
    if lacking:
        raise ForgerError(f"export needs {', '.join(lacking)}: pip install -e '.[export]'")
    checkpoint = find_checkpoint(config.ckpt)
    gan = load(checkpoint, config.trust)
    folder = output_folder()
    weights, pt2, onnx, page = (
        folder / f"generator.{suffix}" for suffix in ("safetensors", "pt2", "onnx", "html")
    )
    if config.card and not weights.exists():
        check_free(folder)
    without_page = reason_for_no_page(gan)
    # Traced once: .pt2 and ONNX come from the same program.
    program = trace(gan)
    # All files are written or none.
    with atomic_write(weights) as safe, atomic_write(pt2) as exported, atomic_write(onnx) as model:
        write_weights(gan, safe)
        pt2_difference = write_program(gan, program, exported)
        onnx_difference = write_onnx(gan, program, model)
        if config.card:
            write_card_and_picture(gan, checkpoint, folder)
        if not without_page:
            with atomic_write(page) as partial:
                write_page(gan, model, partial)
    print(f"weights  {weights}")
    print(f"program  {pt2}, differs from PyTorch by at most {pt2_difference:.1g}")
    print(f"ONNX     {onnx}, differs from PyTorch by at most {onnx_difference:.1g}")
    if without_page:
        print(f"page     none: {without_page}")
    else:
        print(f"page     {page}")
    if config.card:
        print(f"card     {folder / 'README.md'}, with samples.png")


def check_free(folder: Path) -> None:
    """Raises ForgerError where a card would replace a file of a project or of a run."""
    for name in ("README.md", "samples.png"):
        if (folder / name).exists():
            raise ForgerError(
                f"card=true would replace {folder / name}, which is none of an export: give"
                " another out=..."
            )


def write_card_and_picture(gan: GAN, checkpoint: Path, folder: Path) -> None:
    """README.md and samples.png in a folder."""
    samples = gan.sample(SAMPLES, seed=0)  # uint8 (n, C, H, W), or points (n, d)
    with atomic_write(folder / "README.md") as partial:
        updates, shape = read(checkpoint).get("global_step"), tuple(samples.shape[1:])
        write_card(gan, checkpoint, updates, shape, partial)
        picture = draw(samples, samples[:0], columns=12, units=units_of(gan.config))
        save_image(picture, folder / "samples.png")


def reason_for_no_page(gan: GAN) -> str:
    """Why the page cannot show a generator; empty if it can."""
    if gan.value_range is None:
        return "this generator makes points, and the page shows images"
    if not isinstance(gan.prior, str):
        prior = type(gan.prior).__name__
        return f"the page draws z from a normal or a uniform prior, and this is {prior}"
    return ""
