"""What is written in a run folder before the first update of a start."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from forger.config.overrides import relative_path
from forger.data.memory import InMemory
from forger.metrics import evaluator
from forger.runs.curves import purge
from forger.runs.files import remove_partial
from forger.runs.record import record
from forger.training.resume import check_data
from forger.training.start import Start


def begin(folder: Path, data: InMemory, config: DictConfig, start: Start) -> None:
    """Make the folder ready for a start, and note it there."""
    hydra = HydraConfig.get()
    # The checksum of the evaluator is recorded, since scores depend on it.
    weights = data.evaluator and evaluator.find(data.evaluator, data.root)
    if start.checkpoint:
        # A resumed run must train on the examples that it was trained on.
        check_data(folder, data.checksum)
        print(f"goes on  from update {(start.first or 0) - 1} of {relative_path(folder)}")
    remove_partial(folder)
    # Points after the checkpoint are made again, and must not be there twice.
    if start.first is not None:
        purge(folder, start.first)
    facts = {
        "shared": list(hydra.callbacks.get("announce", {}).get("shared", [])),
        "data_sha256": data.checksum,
        "evaluator_sha256": evaluator.checksum(weights) if weights else None,
        "started_from": start.weights_from,
        "class_names": data.class_names and list(data.class_names),
    }
    record(folder, config, list(hydra.overrides.task), facts)
    if origin := start.weights_from:
        print(f"weights  from update {origin['updates']} of {origin['checkpoint']}")
    # A run that trains has no summary: one that is killed must not look finished.
    (folder / "summary.json").unlink(missing_ok=True)
    print(f"run      {relative_path(folder)}")
