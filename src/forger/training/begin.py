"""What is written in a run folder before the first update of a start."""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from forger.config.overrides import relative_path
from forger.data.memory import InMemory
from forger.metrics import evaluator
from forger.runs.curves import purge
from forger.runs.files import remove_partial
from forger.runs.record import record
from forger.training.resume import check_data


def begin(
    folder: Path,
    data: InMemory,
    config: DictConfig,
    checkpoint: Path | None,
    first: int | None,
    started_from: dict[str, Any] | None,
) -> None:
    """Make the folder ready for a start, and note it there; `first` as in `fit`."""
    hydra = HydraConfig.get()
    # The checksum of the evaluator is recorded, since scores depend on it.
    weights = data.evaluator and evaluator.find(data.evaluator, data.root)
    if checkpoint:
        # A resumed run must train on the examples that it was trained on.
        check_data(folder, data.checksum)
        print(f"goes on  from update {(first or 0) - 1} of {relative_path(folder)}")
    remove_partial(folder)
    # Points after the checkpoint are made again, and must not be there twice.
    if first is not None:
        purge(folder, first)
    record(
        folder,
        config,
        list(hydra.overrides.task),
        data.checksum,
        hydra.callbacks.get("announce", {}).get("shared", []),
        evaluator.checksum(weights) if weights else None,
        data.class_names,
        started_from,
    )
    if started_from:
        print(f"weights  from update {started_from['updates']} of {started_from['checkpoint']}")
    # A run that trains has no summary: one that is killed must not look finished.
    (folder / "summary.json").unlink(missing_ok=True)
    print(f"run      {relative_path(folder)}")
