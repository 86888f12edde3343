"""Reads run folders for a report, without loading a network."""

import json
import math
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import yaml

from forger.config.overrides import key_of
from forger.config.settings import MULTI_OPTION_GROUPS
from forger.errors import ForgerError
from forger.runs.curves import NAME, Curve, read_curves
from forger.runs.files import read
from forger.runs.folder import (
    Loader,
    Stored,
    check_aliases,
    check_not_empty,
    command_of,
    read_summary,
)
from forger.runs.upgrade import upgrade

# A checkpoint is due every ten minutes, so a run that is alive has written something by then.
QUIET_SECONDS = 15 * 60


class Command(TypedDict, total=False):
    """What is read here of a start in run.json, which has much more."""

    overrides: list[str]
    shared: list[str]


@dataclass
class Run:
    """What a run left.

    leaves: every leaf of its configuration by dotted path. settings: the same; after
    `keep_differences` only what differs among the runs, by a short name. chosen: paths that the
    command line set. command: what was typed at its first start; empty if unknown. status: that of
    summary.json; without one, running if anything was written in the last quarter of an hour, else
    interrupted.
    """

    folder: Path
    leaves: dict[str, Any]
    settings: dict[str, Any]
    chosen: set[str]
    command: str
    status: str
    error: str
    updates: int
    seconds: float | None
    metrics: dict[str, float]
    curves: dict[str, Curve]

    @property
    def cell(self) -> tuple[tuple[str, Any], ...]:
        """What it shares with runs that differ in the seed alone."""
        return tuple((k, v) for k, v in self.settings.items() if k != "seed")

    @property
    def healthy(self) -> bool:
        """Whether it came to its end, and to a good one."""
        return self.status in ("done", "stopped")

    def final(self, name: str) -> float | None:
        """The last value; None if it is not finite, or the run not healthy."""
        value = self.metrics.get(name)
        return value if self.healthy and value is not None and math.isfinite(value) else None

    def best(self, name: str, mode: str) -> float | None:
        """The lowest or highest value at any time; None if it was never measured."""
        values = [v for v in self.curves.get(name, {}).values() if math.isfinite(v)]
        return (min(values) if mode == "min" else max(values)) if values else None


def find_runs(root: Path) -> Iterator[Path]:
    """Every run folder in a folder, at any depth, in the order of jobs; it may be one itself."""
    for path, folders, files in os.walk(root):
        # By the number of the job: 10_... comes after 9_...
        folders.sort(
            key=lambda name: (int(head) if (head := name.split("_")[0]).isdigit() else -1, name)
        )
        # A job that was refused has only a summary.
        if not {"run.json", "summary.json"}.isdisjoint(files):
            folders.clear()  # a run folder has no other run in it
            yield Path(path)


def read_runs(roots: Iterable[Path]) -> tuple[list[Run], dict[Path, str]]:
    """The runs in these folders, each once, and why damaged ones are left out, by folder."""
    runs, left_out = [], {}
    for folder in dict.fromkeys(folder for root in roots for folder in find_runs(root)):
        try:
            runs.append(read_run(folder))
        except ForgerError as error:
            left_out[folder] = str(error)
    return runs, left_out


def read_run(folder: Path) -> Run:
    """What a run left in its folder; raises ForgerError naming the file that is damaged."""
    file = folder / "config" / "config.yaml"
    settings = dict(leaves(upgrade(read(file, parse_config, Stored, "restore it"))))
    summary, curves, starts = read_summary(folder), read_curves(folder), read_commands(folder)
    # A run without a summary has the last values of its curves.
    last = {name: curve[max(curve)] for name, curve in curves.items()}
    return Run(
        folder=folder,
        leaves=settings,
        settings=settings,
        chosen={path for start in starts for path in paths(start.get("overrides", []))},
        # Earlier versions noted less.
        command=command_of(starts[0])
        if starts and {"overrides", "shared"} <= starts[0].keys()
        else "",
        status=str(summary.get("status") or status_of_silent(folder)),
        error=str(summary.get("error", "")),
        updates=summary.get("updates", max((max(c) for c in curves.values()), default=0)),
        seconds=summary.get("seconds"),
        # NaN is null in JSON.
        metrics={k: math.nan if v is None else v for k, v in summary.get("metrics", last).items()},
        curves=curves,
    )


def parse_config(text: str) -> Any:
    """The value of a text of YAML; raises ValueError for none, see `check_aliases` as well.

    Runs of a sweep have most parts alike, and each of these is parsed once.
    """
    check_aliases(text)
    try:
        # A key of the top level starts a part, up to the next one.
        parts = [parse_part(part) for part in re.split(r"(?m)^(?=[\w'\"])", text) if part]
        content = {key: value for part in parts for key, value in part.items()}
    except (yaml.YAMLError, AttributeError):
        # What no run wrote, such as flow style or an anchor in another part.
        content = yaml.load(text, Loader)
    return check_not_empty(content)


@cache
def parse_part(text: str) -> Any:
    return yaml.load(text, Loader)


def status_of_silent(folder: Path) -> str:
    """Whether a run without a summary still writes."""
    signs = ("run.json", NAME, "samples.png", "checkpoints/last.ckpt")
    files = [folder / sign for sign in signs]
    # A run without a summary is running or was killed: only time tells.
    newest = max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
    # A file from the future was written before the clock was set back.
    return "running" if abs(time.time() - newest) < QUIET_SECONDS else "interrupted"


def read_commands(folder: Path) -> list[Command]:
    """What was set when a run was started and resumed; ForgerError if damaged."""
    file = folder / "run.json"
    return read(file, json.loads, list[Command], "restore it") if file.exists() else []


def paths(overrides: Iterable[str]) -> Iterator[str]:
    """The paths that overrides set: that of each option where a group takes several."""
    for override in overrides:
        key, value = key_of(override), override.partition("=")[2]
        several = value.strip("[]").split(",") if key in MULTI_OPTION_GROUPS else []
        yield from (f"{key}.{option.strip()}" for option in several)
        yield key


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value by its dotted path; a list counts as one, and so does what is empty."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, json.dumps(node, default=str) if isinstance(node, list | dict) else node


def names_of(folders: Sequence[Path]) -> list[str]:
    """The folders as seen from the one that has them all."""
    common = os.path.commonpath([folder.parent for folder in folders])
    return [os.path.relpath(folder, common) for folder in folders]
