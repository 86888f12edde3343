"""Where things lie in a run folder."""

from pathlib import Path

from forger.errors import ForgerError


def find_checkpoint(given: str) -> Path:
    """The checkpoint that a run folder, or the path of a checkpoint itself, stands for."""
    path = Path(given).expanduser()
    checkpoint = path / "checkpoints" / "last.ckpt" if path.is_dir() else path
    if not checkpoint.is_file():
        what = f"{path} holds no checkpoints/last.ckpt" if path.is_dir() else f"no file {path}"
        raise ForgerError(f"{what}: give a run folder or a .ckpt file of one")
    return checkpoint.resolve()


def find_run(checkpoint: Path) -> Path:
    """The run folder that a checkpoint lies in."""
    run = checkpoint.parent.parent
    if not (run / "config" / "config.yaml").is_file():
        raise ForgerError(
            f"{checkpoint} lies in no run folder: <run>/checkpoints/ with <run>/config/config.yaml"
        )
    return run
