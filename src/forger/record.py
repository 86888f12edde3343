"""What a run leaves behind so that it can be understood and repeated."""

import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from forger.files import whole, write_json
from forger.runs import read_config, read_starts

PASSING = {"resume": None, "repeat": None, "trust": []}
"""Settings of a start, not of the run."""


def git(*arguments: str) -> str | None:
    """What git says of the checkout that this code runs from; None outside of one."""
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def holds(run: Path, config: DictConfig) -> bool:
    """Whether a run folder was made by this very configuration, whatever it was resumed from."""
    file = run / "config" / "config.yaml"
    if not file.exists():
        return False
    wanted = OmegaConf.to_container(config)
    assert isinstance(wanted, dict)
    return read_config(run) | PASSING == wanted | PASSING


def difference(one: Any, other: Any, path: str) -> str | None:
    """The path of the first value in which two nodes of configurations, at `path`, differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        absent = object()
        pairs = ((key, one.get(key, absent), other.get(key, absent)) for key in one | other)
        found = (difference(before, now, f"{path}.{key}") for key, before, now in pairs)
        return next(filter(None, found), None)
    return None if one == other else path


def seed_of(run: Path) -> int:
    """The seed of the run that a folder holds, or one by chance for a new run."""
    file = run / "config" / "config.yaml"
    seed = read_config(run).get("seed") if file.exists() else None
    return secrets.randbelow(2**32) if seed is None else seed


def settings(run: Path) -> dict[str, Any]:
    """What was set when the run was started and resumed, by key, and the seed; plain values.

    Of a job of a sweep, without what all of its jobs share.
    """
    chosen: dict[str, Any] = {}
    for start in read_starts(run):
        chosen["seed"] = start["seed"]
        for override in start["overrides"]:
            key, _, value = override.lstrip("+").partition("=")
            if not key.startswith("~") and key not in {*PASSING, "name", "seed", *start["shared"]}:
                # The types that Hydra reads: 1e-3 is a number.
                chosen[key] = OmegaConf.from_dotlist([f"value={value}"]).value
    return {
        key: value if isinstance(value, int | float | str | bool) else str(value)
        for key, value in chosen.items()
    }


def record(
    run: Path,
    config: DictConfig,
    overrides: list[str],
    data_checksum: str,
    shared: Sequence[str] = (),
    evaluator_checksum: str | None = None,
) -> None:
    """Add this start to run.json, and write the configuration and the uncommitted changes.

    overrides: what was set. shared: keys of these that are the same in all jobs of a sweep.
    A run that was resumed holds one entry for each start, oldest first. Hydra would write the
    configuration before anyone has checked it, over that of a run that is there already.
    """
    # First: nothing is written over a record that cannot be read.
    starts = read_starts(run)
    for name, content in (("config", config), ("overrides", overrides)):
        with whole(run / "config" / f"{name}.yaml") as partial:
            OmegaConf.save(OmegaConf.create(content), partial)
    commit, diff = git("rev-parse", "HEAD"), git("diff", "HEAD")
    starts.append(
        {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "command": [*sys.argv[0].split(), *sys.argv[1:]],
            "overrides": overrides,
            "shared": list(shared),
            "seed": config.seed,
            "data_sha256": data_checksum,
            "evaluator_sha256": evaluator_checksum,
            "git_commit": commit and commit.strip(),
            "git_status": (git("status", "--porcelain") or "").splitlines(),
            "python": platform.python_version(),
            "machine": f"{platform.platform()}, {torch.get_num_threads()} threads",
            "packages": {d.metadata["Name"]: d.version for d in distributions()},
        }
    )
    write_json(run / "run.json", starts)
    if diff:
        with whole(run / "git.diff") as partial:
            partial.write_text(diff, errors="surrogateescape")
