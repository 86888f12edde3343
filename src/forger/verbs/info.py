"""`forger info`: what a checkpoint is and where it came from."""

import json
import shlex
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from forger.build import read
from forger.curves import read_curves
from forger.runs import find_checkpoint, read_summary
from forger.schema import Info, check

PACKAGES = ("forger", "torch", "torchvision", "pytorch-lightning", "torchmetrics", "hydra-core")


def run(config: DictConfig) -> None:
    """Print the configuration, the clock, what was recorded at the start, and the last metrics."""
    check(config, Info)
    checkpoint = find_checkpoint(config.ckpt)
    contents = read(checkpoint)
    updates, folder = contents["global_step"], checkpoint.parent.parent
    facts = {"checkpoint": str(checkpoint), "updates": updates, "epoch": contents.get("epoch")}
    recorded = (folder / "run.json").exists()
    if recorded:
        facts |= origin(folder)
    console, table = Console(), Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(name, Text("-" if value is None else str(value), overflow="fold"))
    for name, curve in sorted(read_curves(folder).items()):
        if known := [step for step in curve if step <= updates]:
            table.add_row(name, f"{curve[max(known)]:.6g} at update {max(known)}")
    text = OmegaConf.to_yaml(OmegaConf.create(contents["config"]))
    console.print(Syntax(text, "yaml", background_color="default"), table)
    if recorded:
        print(f"repeat   forger train repeat={shlex.quote(str(folder))}")


def origin(folder: Path) -> dict[str, Any]:
    """What the run's last start was, and how it ended, by what to call it."""
    starts, summary = json.loads((folder / "run.json").read_text()), read_summary(folder)
    start = starts[-1]
    versions = [f"{name} {start['packages'].get(name)}" for name in PACKAGES]
    changed = "with uncommitted changes, see git.diff" if start["git_status"] else "clean"
    return {
        "status": summary.get("status"),
        "seconds": summary.get("seconds"),
        "started": f"{start['time']}, start {len(starts)} of the run",
        "command": shlex.join(start["command"]),
        "seed": start["seed"],
        "commit": start["git_commit"] and f"{start['git_commit']}, {changed}",
        "data": f"SHA-256 {start['data_sha256']}",
        "evaluator": f"SHA-256 {start.get('evaluator_sha256')}",
        "versions": ", ".join([f"python {start['python']}", *versions]),
        "machine": start["machine"],
    }
