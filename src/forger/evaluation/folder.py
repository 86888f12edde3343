"""Where results are written: that a file can be is checked before anything is measured."""

from pathlib import Path

from omegaconf import DictConfig

from forger.errors import ForgerError
from forger.runs.files import check_writable
from forger.runs.zoo import ZOO


def folder_of_checkpoint(out: str | None, checkpoint: Path) -> Path:
    """`out`, or else beside the checkpoint, but not in Forger itself."""
    folder = checkpoint.with_suffix("")
    if checkpoint.parent == ZOO:
        folder = Path("outputs", "evaluations", checkpoint.stem)
    # A link in someone else's folder could lead to any folder of the user's.
    elif not out and folder.is_symlink():
        raise ForgerError(
            f"{folder} is a link to {folder.resolve()}: give out=FOLDER, where the results go"
        )
    return writable(Path(out or folder))


def folder_of_images(out: str | None, images: Path, data: DictConfig) -> Path:
    """`out`, or else beside the images, but not among those of the data."""
    folder = writable(Path(out or images.with_name(f"{images.stem}-metrics")))
    source = data.get("folder")
    if source and folder.resolve().is_relative_to(Path(source).expanduser().resolve()):
        raise ForgerError(f"{folder} is in data.folder, whose images it would join: give out=...")
    return folder


def writable(folder: Path) -> Path:
    """The folder, `~` resolved; raises ForgerError unless metrics.json can be written in it."""
    check_writable(folder.expanduser() / "metrics.json")
    return folder.expanduser()
