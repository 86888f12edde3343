"""How far a sweep has come, and how long the rest of it will take."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple, TypedDict

from forger.runs.files import read, write_json

# In a sweep's folder, beside the folders of its jobs.
NAME = "sweep.json"
# Status of a job that is not over; one that has not begun has none.
UNFINISHED = ("running", "interrupted")


class Sweep(TypedDict):
    """sweep.json: the number of jobs, of which only those that have begun have a folder."""

    jobs: int


class Job(NamedTuple):
    """The state of a job that has begun."""

    status: str
    updates: int
    seconds: float | None


def write_jobs(sweep: Path, jobs: int) -> None:
    write_json(sweep / NAME, Sweep(jobs=jobs))


def read_jobs(sweep: Path) -> int | None:
    """The number of a sweep's jobs; None if the folder is of no sweep. ForgerError if damaged."""
    file = sweep / NAME
    return read(file, json.loads, Sweep, "remove it")["jobs"] if file.exists() else None


def progress(jobs: int, begun: Sequence[Job], at_once: int) -> str:
    """A sentence such as "7 of 16 jobs have ended, about 4 minutes left"; empty if all have.

    at_once: number of jobs that run side by side now. The time left follows from it and from the
    mean time of the jobs that came to a good end; without such a job it is left out.
    """
    jobs = max(jobs, len(begun))
    unfinished = [job for job in begun if job.status in UNFINISHED]
    ended = len(begun) - len(unfinished)
    if ended == jobs:
        return ""
    text = f"{ended} of {jobs} jobs {'has' if ended == 1 else 'have'} ended"
    if not at_once:
        return f"{text}, and none is running"
    good = [job for job in begun if job.status in ("done", "stopped") and job.seconds]
    if not good:
        return text
    updates = max(1.0, mean(job.updates for job in good))
    # In units of a whole job: those that have not begun, and what is left of the others.
    left = jobs - len(begun) + sum(max(0.0, 1 - job.updates / updates) for job in unfinished)
    return f"{text}, {duration(left * mean(job.seconds or 0.0 for job in good) / at_once)} left"


def duration(seconds: float) -> str:
    """A time in words, in its largest unit: "about 4 minutes"."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = round(seconds / length)
            return f"about {count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
