"""run.json: the record of each start, by which a run can be understood and repeated."""

import platform
import secrets
import subprocess
import sys
import time
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, cast

import torch
from omegaconf import DictConfig, OmegaConf

from forger.config.overrides import key_of, parsed
from forger.config.settings import NOT_PART_OF_RUN
from forger.runs.files import atomic_write, is_started, write_json
from forger.runs.folder import read_config, read_starts, write_config
from forger.runs.upgrade import upgrade

# git's own format, which can be applied again; a repository may configure another program.
DIFF = ("diff", "--no-ext-diff", "--no-textconv")
# New files that a run may be made of, unless they are more than these: then one is a forgotten
# entry of .gitignore, such as an environment.
SOURCES = ("*.py", "*.yaml", "*.yml", "*.toml")
MOST_FILES = 100


def git(folder: Path, *arguments: str, code: int = 0) -> str | None:
    """The output of git in a folder; None unless it ends with `code`, as outside of a repository.

    It only looks: neither locks nor refreshes the index, and starts no monitor of the repository's.
    """
    # A repository of a stranger could have programs that git would start.
    only_look = ["--no-optional-locks", "-c", "core.fsmonitor=false"]
    command = ["git", *only_look, "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True)
    except OSError:
        return None
    # A diff has bytes of any encoding.
    return done.stdout.decode(errors="replace") if done.returncode == code else None


def repository(folder: Path) -> dict[str, Any] | None:
    """Root, commit and status of the repository of a folder; None outside of one."""
    root = git(folder, "rev-parse", "--show-toplevel")
    if root is None:
        return None
    # A repository without a commit has none.
    commit = git(folder, "rev-parse", "--verify", "HEAD")
    status = git(folder, "status", "--porcelain") or ""
    return {
        "folder": root.rstrip("\n"),
        "commit": commit and commit.strip(),
        "status": status.splitlines(),
    }


def own_repository() -> dict[str, Any] | None:
    """That of Forger's source; None where Forger is installed, if only below another repository."""
    file = Path(__file__)
    tracked = git(file.parent, "ls-files", "--error-unmatch", file.name)
    return repository(file.parent) if tracked else None


def holds(run: Path, config: DictConfig) -> bool:
    """Whether a run folder was made by this very configuration, whatever it was resumed from."""
    file = run / "config" / "config.yaml"
    if not file.exists():
        return False
    # Both as this version would store them, so that an older run is recognised.
    wanted = upgrade(cast(dict[str, Any], OmegaConf.to_container(config)))
    same = dict.fromkeys(NOT_PART_OF_RUN)
    return read_config(run) | same == wanted | same


def difference(one: Any, other: Any, path: str) -> str | None:
    """The path of the first value in which two nodes of configurations, at `path`, differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        absent = object()
        pairs = ((key, one.get(key, absent), other.get(key, absent)) for key in one | other)
        found = (difference(before, now, f"{path}.{key}") for key, before, now in pairs)
        return next(filter(None, found), None)
    # Compared as they are: lists have no parts of their own.
    return None if one == other else path


def seed_of(run: Path) -> int:
    """The seed of the run in a folder, or a random one for a new run."""
    file = run / "config" / "config.yaml"
    recorded = read_config(run).get("seed") if file.exists() else None
    # A refused job may have left a configuration without a seed.
    return secrets.randbelow(2**32) if recorded is None else recorded


def settings(run: Path) -> dict[str, Any]:
    """What was set when the run was started and resumed, by key, and the seed; plain values.

    Of a job of a sweep, without what all of its jobs share.
    """
    chosen: dict[str, Any] = {}
    for start in read_starts(run):
        chosen["seed"] = start["seed"]
        for override in start["overrides"]:
            key = key_of(override)
            ignored = {*NOT_PART_OF_RUN, "seed", *start["shared"]}
            if not override.startswith("~") and key not in ignored:
                # As Hydra reads it: 1e-3 is a number.
                read = parsed(override)
                chosen[key] = read.value() if read else override.partition("=")[2]
    return {
        key: value if isinstance(value, int | float | str | bool) else str(value)
        for key, value in chosen.items()
    }


def record(run: Path, config: DictConfig, overrides: list[str], facts: dict[str, Any]) -> None:
    """Add this start to run.json, and write the configuration and the uncommitted changes.

    overrides: what was set. facts: what else is known of the start, by name; `shared` has the keys
    of overrides that are the same in all jobs of a sweep.
    A resumed run has one entry for each start, oldest first. git_commit and git_status are those of
    Forger's own source; project is the user's repository, see `repositories`.
    """
    # Read first, so that a damaged record stops the run before anything is overwritten.
    starts = read_starts(run)
    write_config(run, config, overrides)
    own, project = repositories()
    start = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": [*sys.argv[0].split(), *sys.argv[1:]],
        "overrides": overrides,
        "seed": config.seed,
        **facts,
        "git_commit": own.get("commit"),
        "git_status": own.get("status", []),
        "project": project,
        "python": platform.python_version(),
        "machine": f"{platform.platform()}, threads: {torch.get_num_threads()}",
        "packages": packages(),
    }
    write_json(run / "run.json", [*starts, start])
    write_diff(run / "git.diff", own)
    write_diff(run / "project.diff", project)


@cache
def packages() -> dict[str, str]:
    """The version of each package that is installed, read once: it takes a tenth of a second."""
    # Each access of a metadata parses a file.
    return {m["Name"]: m["Version"] for m in (d.metadata for d in distributions())}


def repositories() -> tuple[dict[str, Any], dict[str, Any] | None]:
    """That of Forger's own source, and that of the working directory if it is another one."""
    own, project = own_repository() or {}, repository(Path.cwd())
    # In a checkout of Forger both are the same repository.
    return own, None if project and project["folder"] == own.get("folder") else project


def write_diff(file: Path, source: dict[str, Any] | None) -> None:
    """Write the uncommitted changes of a repository to a file, unless there are none."""
    if source and (diff := changes(Path(source["folder"]))):
        with atomic_write(file) as partial:
            partial.write_text(diff, encoding="utf-8")


def changes(folder: Path) -> str:
    """What differs from the last commit of the repository at `folder`, its new sources too."""
    new = new_sources(folder)
    if len(new) > MOST_FILES:
        print(
            f"git      the run does not record {len(new)} new files in {folder}: add them to git,"
            " or to .gitignore"
        )
        new = []
    # git ends with 1 where two files differ.
    files = (git(folder, *DIFF, "--no-index", "--", "/dev/null", file, code=1) for file in new)
    return "".join(filter(None, [git(folder, *DIFF, "HEAD"), *files]))


def new_sources(folder: Path) -> list[str]:
    """Sources in a repository that git neither tracks nor ignores, but those in run folders."""
    listed = git(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", *SOURCES) or ""
    names = listed.split("\0")[:-1]
    return [n for n in names if not any(is_started(folder / p) for p in Path(n).parents)]
