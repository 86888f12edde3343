"""Short names of settings, runs and job folders."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path

from forger.config.settings import NOT_PART_OF_RUN
from forger.errors import ForgerError
from forger.runs.files import is_started, read
from forger.runs.folder import RESTORE, plain_yaml, read_starts


def name_of(folder: Path) -> str:
    """A name that tells runs of experiments and sweeps apart: default/first, lr/0_seed-0."""
    return f"{folder.parent.name}/{folder.name}"


def short_names(keys: Collection[str], taken: Collection[str] = ()) -> dict[str, str]:
    """The shortest end of each dotted key that no other key of them has: model.k is k.

    taken: names that have a meaning already, so that a key of such an end has a longer one.
    """
    ends = [key.split(".")[-n:] for key in keys for n in range(1, key.count(".") + 2)]
    ends += [[name] for name in taken]
    return {
        key: next(
            ".".join(parts[-n:])
            for n in range(1, len(parts) + 1)
            if ends.count(parts[-n:]) == 1 or n == len(parts)
        )
        for key in keys
        for parts in [key.split(".")]
    }


def job_folder(
    number: int, overrides: Sequence[str], shared: Collection[str], sweep: str | None = None
) -> str:
    """The folder of a job in its sweep: its number and what it changes, as in 3_k-2_seed-0.

    overrides: those of the job. shared: keys that all jobs of the sweep have in common, which are
    left out. At most 80 letters that need no quotes, neither in a shell nor for Hydra.
    sweep: the folder of the sweep. A job that has a folder there keeps it: numbers change when a
    sweep is started again with more values.
    """
    own, changes, taken = changed(overrides), changed(overrides, shared), set()
    for run, others in known_jobs(Path(sweep), number) if sweep else ():
        if changed(others) == own:
            return run.name
        # What a refused job leaves is in nobody's way; what all share, as the number of updates,
        # makes no second folder of that name: the job is refused there.
        if is_started(run) and changed(others, shared) != changes:
            taken.add(run.name)
    keys = [key.lstrip("~").partition("@")[0] for key in changes]
    names = short_names(keys)
    words = [f"{names[key]}-{value}" for key, value in zip(keys, changes.values(), strict=True)]
    numbered = (safe_name([str(n), *words]) for n in count(number))
    return next(name for name in numbered if name not in taken)


def safe_name(words: Sequence[str]) -> str:
    safe = [re.sub(r"[^A-Za-z0-9.+-]+", "_", word).strip("_") for word in words]
    return "_".join(safe)[:80]


def changed(overrides: Sequence[str], shared: Collection[str] = ()) -> dict[str, str]:
    """What overrides set, by key, without what is shared and what is no part of a run."""
    # Where jobs run makes no other runs of them.
    left_out = {*shared, *NOT_PART_OF_RUN, "launcher"}
    pairs = [override.lstrip("+").partition("=") for override in overrides]
    return {key: value for key, _, value in pairs if key.lstrip("~") not in left_out}


def known_jobs(sweep: Path, number: int) -> Iterator[tuple[Path, list[str]]]:
    """Each folder of a job in a sweep with what was set in it, those of this number first."""
    runs = [config.parent for config in sweep.glob("*/config")]
    for run in sorted(runs, key=lambda run: (not run.name.startswith(f"{number}_"), run.name)):
        # A damaged one is refused by the job of its name.
        with suppress(ForgerError):
            yield run, first_overrides(run, (run / "config").stat().st_mtime_ns)


@cache
def first_overrides(run: Path, changed_at: int) -> list[str]:
    """What was set when a run was started first; of a job that was refused, too.

    changed_at: of its configuration, which each start writes. A sweep asks for all its folders for
    each of its jobs, so that one is read again only when it has changed.
    """
    if starts := read_starts(run):
        return starts[0]["overrides"]
    return read(run / "config" / "overrides.yaml", plain_yaml, list[str], RESTORE)
