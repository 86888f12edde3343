"""The command that trains the best runs of a report for longer."""

from collections.abc import Sequence

from omegaconf import OmegaConf

from forger.config.overrides import relative_path, typed
from forger.config.trust import trust_argument
from forger.report.samples import best_run
from forger.report.tables import SeedGroup, in_order
from forger.runs.folder import read_config


def longer(cells: Sequence[SeedGroup], metric: str, mode: str) -> str | None:
    """The command that trains the first of the cells for twice as long, with the same seeds.

    None if there is no cell, or no checkpoint of it, and for runs of several processes, which
    torchrun or a launcher has started.
    """
    for cell in cells[:1]:
        run = best_run(cell.runs, metric, mode)
        ends = {key: run.leaves.get(f"trainer.{key}") for key in ("max_steps", "max_epochs")}
        length = next(((k, n) for k, n in ends.items() if type(n) is int and n > 0), None)
        alone = not str(run.leaves.get("trainer.strategy")).startswith("ddp")
        if alone and length and (run.folder / "checkpoints" / "last.ckpt").is_file():
            seeds = in_order(run.leaves.get("seed") for run in cell.runs)
            several = f" -m seed={','.join(map(str, seeds))}" if len(seeds) > 1 else ""
            repeat = typed("repeat", relative_path(run.folder))
            trust = trust_argument(OmegaConf.create(read_config(run.folder)))
            return f"forger train {repeat} trainer.{length[0]}={2 * length[1]}{several}{trust}"
    return None
