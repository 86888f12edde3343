"""`forger info`: what a checkpoint is and where it came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.syntax import Syntax

from forger.config.load import read
from forger.config.overrides import typed
from forger.config.schema import check
from forger.config.trust import trust_argument
from forger.errors import visible
from forger.runs import zoo
from forger.runs.curves import read_curves
from forger.runs.files import is_started
from forger.runs.folder import (
    command_of,
    find_checkpoint,
    read_config,
    read_starts,
    read_summary,
    versions,
)

# Parts whose classes are among the facts; the whole configuration stands before these.
SHOWN = ("data", "model", "generator", "discriminator", "loss")


@dataclass
class Settings:
    ckpt: str


def run(config: DictConfig) -> None:
    """Print the configuration, the clock, what was recorded at the start, and the last metrics."""
    check(config, Settings)
    checkpoint = find_checkpoint(config.ckpt)
    contents = read(checkpoint)
    updates, folder = contents.get("global_step"), checkpoint.parent.parent
    facts = {"checkpoint": str(checkpoint), "updates": updates, "epoch": contents.get("epoch")}
    for name in SHOWN:
        if isinstance(part := contents["config"].get(name), dict):
            facts[name] = part.get("_target_")
    if is_started(folder):
        facts |= origin(folder)
    if checkpoint.parent == zoo.ZOO:
        about = zoo.about(checkpoint)
        means = {name: value["mean"] for name, value in about["results"]["samples"].items()}
        facts |= {"command": about["command"], **means}
    data = contents["config"].get("data")
    if isinstance(data, dict) and (names := data.get("class_names")):
        facts["classes"] = ", ".join(f"{label} {name}" for label, name in enumerate(names))
    for name, curve in sorted(read_curves(folder).items()):
        # A curve may go on beyond the update of this checkpoint.
        if steps := [step for step in curve if updates is None or step <= updates]:
            facts[name] = f"{curve[max(steps)]:.6g} at update {max(steps)}"
    if (folder / "config" / "config.yaml").exists():
        again = f"forger train {typed('repeat', folder)}"
        facts["repeat"] = again + trust_argument(OmegaConf.create(read_config(folder)))
    text = visible(OmegaConf.to_yaml(OmegaConf.create(contents["config"])))
    Console().print(Syntax(text, "yaml", background_color="default", word_wrap=True))
    # Not in a table of rich, which would break hashes and commands into lines.
    width = max(map(len, facts)) + 2
    for name, value in facts.items():
        line = f"{name:<{width}}{'-' if value is None else value}"
        print(visible(line).replace("\n", "\\n"))


def committed(repository: dict[str, Any], diff: str) -> str | None:
    """The commit, and whether anything was changed since; None without a commit."""
    changed = f"with uncommitted changes, see {diff}" if repository["status"] else "clean"
    return repository["commit"] and f"{repository['commit']}, {changed}"


def origin(folder: Path) -> dict[str, Any]:
    """What the run's last start was, and how it ended, by what to call it."""
    starts, summary = read_starts(folder), read_summary(folder)
    start = starts[-1]
    own = {"commit": start["git_commit"], "status": start["git_status"]}
    project = start.get("project")
    return {
        "status": summary.get("status"),
        "seconds": round(summary["seconds"]) if "seconds" in summary else None,
        "started": f"{start['time']}, start {len(starts)} of the run",
        "command": command_of(starts[0]),
        # What a later start was told beside it.
        **({"last command": command_of(start)} if len(starts) > 1 else {}),
        "seed": start["seed"],
        "commit": committed(own, "git.diff"),
        "project": project and f"{project['folder']}, {committed(project, 'project.diff')}",
        "data SHA-256": start["data_sha256"],
        "evaluator SHA-256": start.get("evaluator_sha256"),
        "versions": versions(start),
        "machine": start["machine"],
    }
