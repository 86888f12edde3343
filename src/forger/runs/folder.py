"""Paths in a run folder, and its files of plain values."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import yaml
from omegaconf import DictConfig, OmegaConf

from forger.config.overrides import in_shell, key_of
from forger.errors import ForgerError
from forger.runs import zoo
from forger.runs.files import atomic_write, check_node_count, read, readable
from forger.runs.upgrade import upgrade

# Libyaml's parser, ten times as fast, where PyYAML was built with it.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Status of a run that has ended, and would end the same way again.
ENDED = ("done", "stopped", "pruned", "diverged")
# What is right in place of a checkpoint that is not there.
CHECKPOINT = "give a run folder or a .ckpt file of one, or zoo:NAME"
# What is right where config/config.yaml is damaged.
RESTORE = "restore it, or start a new run; the checkpoint has the settings too"
# Packages whose versions change what a run makes.
PACKAGES = ("forger", "torch", "torchvision", "pytorch-lightning", "torchmetrics", "hydra-core")


class Stored(TypedDict, total=False):
    """The settings in config.yaml that are read before `schema` checks it."""

    seed: int | None


class StartRecord(TypedDict):
    """The facts of a start in run.json that are read again; see `record`."""

    time: str
    command: list[str]
    overrides: list[str]
    shared: list[str]
    seed: int | None
    data_sha256: str
    git_commit: str | None
    git_status: list[str]
    python: str
    machine: str
    packages: dict[str, str]


class Summary(TypedDict):
    """summary.json: how a run ended, beside the error of one that failed."""

    status: str
    updates: int
    seconds: float
    metrics: dict[str, float | None]


def find_checkpoint(given: str) -> Path:
    """The last checkpoint of a run folder, the one that a path names, or that of `zoo:NAME`."""
    if given.startswith(zoo.PREFIX):
        return zoo.find_trained(given)
    if not given.strip():
        raise ForgerError(f"the path of the checkpoint is empty: {CHECKPOINT}")
    with readable(Path(given), CHECKPOINT):
        path = Path(given).expanduser()
        checkpoint = path / "checkpoints" / "last.ckpt" if path.is_dir() else path
        if not checkpoint.is_file():
            none = "has no checkpoints/last.ckpt, since it is no run or was never saved"
            what = f"{path} {none}" if path.is_dir() else f"no file {path}"
            raise ForgerError(f"{what}: {CHECKPOINT}")
        return checkpoint.resolve()


def find_run(checkpoint: Path) -> Path:
    """The run folder of a checkpoint."""
    run = checkpoint.parent.parent
    if not (run / "config" / "config.yaml").is_file():
        raise ForgerError(
            f"{checkpoint} is not in a run folder: give a checkpoint in RUN/checkpoints/, where"
            " RUN has config/config.yaml"
        )
    return run


def find_resumable(given: str) -> tuple[Path, Path | None]:
    """The run folder that `resume` stands for, and the checkpoint to resume from.

    None for a run that was cut before its first checkpoint: it is started again.
    """
    run = Path(given).expanduser()
    started = all((run / name).is_file() for name in ("run.json", "config/config.yaml"))
    # Killed before its first checkpoint: there is nothing to lose.
    if started and not (run / "checkpoints" / "last.ckpt").exists():
        if read_summary(run).get("status") in ENDED:
            raise ForgerError(f"{run} has no checkpoints/last.ckpt, and has ended: start a new run")
        return run.resolve(), None
    checkpoint = find_checkpoint(given)
    return find_run(checkpoint), checkpoint


def read_summary(run: Path) -> dict[str, Any]:
    """summary.json of a run folder; empty while it runs, and if it was killed.

    Raises ForgerError if it is damaged.
    """
    file = run / "summary.json"
    remedy = "remove it, and the run counts as one that was killed"
    return read(file, json.loads, Summary, remedy) if file.exists() else {}


def read_config(run: Path) -> dict[str, Any]:
    """config/config.yaml of a run folder as this version has it, interpolations as such.

    Raises ForgerError if it is damaged.
    """
    file = run / "config" / "config.yaml"
    # Every reader gets the settings as this version names them.
    return upgrade(read(file, plain_yaml, Stored, RESTORE))


def write_config(run: Path, config: DictConfig, overrides: list[str]) -> None:
    """Write the configuration and what was set.

    Hydra would do so before anyone has checked them, over those of a run that is there already.
    """
    for name, content in (("config", config), ("overrides", overrides)):
        with atomic_write(run / "config" / f"{name}.yaml") as partial:
            OmegaConf.save(OmegaConf.create(content), partial)


def plain_yaml(text: str) -> Any:
    """YAML as OmegaConf reads it: 1e-3 is a number."""
    check_aliases(text)
    return check_not_empty(OmegaConf.to_container(OmegaConf.create(text)))


def check_aliases(text: str) -> None:
    """Raises ValueError if the aliases of a text of YAML make far more of it than it is long."""
    # Each alias begins with a star; without one nothing is to be counted, which takes long.
    if "*" not in text:
        return
    check_node_count(
        yaml.compose(text, Loader),
        10 * len(text),
        lambda node: (
            (part for pair in node.value for part in pair)
            if isinstance(node, yaml.MappingNode)
            else node.value
            if isinstance(node, yaml.SequenceNode)
            else ()
        ),
    )


def check_not_empty(content: Any) -> Any:
    """The content of a file; raises ValueError if there is nothing in it."""
    if not content:
        raise ValueError("it is empty")
    return content


def read_starts(run: Path) -> list[dict[str, Any]]:
    """run.json of a run folder: what was noted at each start, oldest first; empty before.

    Raises ForgerError if it is damaged.
    """
    file = run / "run.json"
    remedy = f"restore it, or remove it and give resume={run}, which needs only the checkpoint"
    if not file.exists():
        return []
    return read(file, lambda text: check_not_empty(json.loads(text)), list[StartRecord], remedy)


def command_of(start: Mapping[str, Any]) -> str:
    """What was typed for a start, as a shell takes it; for a job of a sweep, that trains it alone.

    start: of run.json, with its overrides and those that a job shares with its sweep.
    """
    # These are of the sweep: its jobs by themselves would all be of one name.
    left_out = {"name", "launcher", "sweep"} if start["shared"] else set()
    typed = (o for o in start["overrides"] if key_of(o) not in left_out)
    return " ".join(["forger train", *map(in_shell, typed)])


def version_of(run: Path) -> str:
    """The version of the Forger that a run was last started with; empty if none was noted."""
    starts = read_starts(run)
    # The last start may have another version than the first.
    return starts[-1]["packages"].get("forger", "") if starts else ""


def versions(start: Mapping[str, Any]) -> str:
    """The versions that a start noted of what changes results."""
    packages = start["packages"]
    return ", ".join(
        [f"python {start['python']}", *(f"{p} {packages[p]}" for p in PACKAGES if p in packages)]
    )
