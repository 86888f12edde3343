"""Messages of a sweep, and the record of its failed jobs."""

import json
import math
import shlex
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from forger.config.overrides import relative_path
from forger.errors import ForgerError, visible
from forger.runs.files import is_started, write_json
from forger.runs.folder import read_summary, write_config
from forger.runs.progress import Job, progress, read_jobs, write_jobs

# In a sweep's folder, a line for each job that failed: its process may be on another machine.
FAILURES = "failures.jsonl"
# Submitit's, ours and its own: each job in a process of its own.
AT_ONCE = ("Submitit", "LocalLauncher")


class FailedJob(JobReturn):
    """Hydra's result of a job that failed and was reported.

    Hydra's own writes a line with all settings before it raises the error.
    """

    @property
    def return_value(self) -> Any:
        raise self._return_value


class Announce(Callback):
    """Prints how far a sweep has come after each job, and which jobs failed.

    sweep.json in its folder has the number of jobs.

    In all processes of a sweep: Hydra calls `on_job_end` where the job ran. shared: settings that
    all jobs have in common, which Hydra carries to their processes; no job is named by them.
    """

    # The file of this process's sweep.
    failures: Path | None = None
    # Bytes in it that an earlier start wrote.
    offset = 0

    def __init__(self, shared: Sequence[str]) -> None:
        self.shared = shared
        self.jobs: int | None = None

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        self.jobs = count_jobs(config.hydra)
        file = Path(config.hydra.sweep.dir) / FAILURES
        Announce.failures, Announce.offset = file, file.stat().st_size if file.exists() else 0

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        # Not before: a sweep that is refused leaves nothing.
        sweep = Path(config.hydra.sweep.dir)
        if self.jobs is not None and read_jobs(sweep) != self.jobs:
            write_jobs(sweep, self.jobs)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        if config.hydra.mode == RunMode.MULTIRUN and job_return.status == JobStatus.FAILED:
            record_failed_job(config, job_return._return_value)
            # Hydra has made the object already, so its class is exchanged.
            job_return.__class__ = FailedJob
        if self.jobs is not None and (text := progress_of(Path(config.hydra.sweep.dir), self.jobs)):
            print(f"sweep    {text}", flush=True)

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        print_failures(failures())
        say_how_to_report(Path(config.hydra.sweep.dir))


def say_how_to_go_on(config: DictConfig) -> None:
    """Print where a sweep is, once it is known that it will start."""
    folder = config.hydra.sweep.dir
    again = f" with name={config.name}" if Path(folder).name == config.name else ""
    print(f"sweep    {folder}: after a kill, give the same command{again}", flush=True)
    if config.hydra.launcher._target_.endswith(AT_ONCE):
        limit = "+launcher=joblib hydra.launcher.n_jobs=... limits them"
        print(f"launcher all jobs start at once, however few the cores are: {limit}", flush=True)


def count_jobs(hydra: DictConfig) -> int | None:
    """The number of jobs of a sweep; None if only Hydra's sweeper can tell."""
    if "n_trials" in hydra.sweeper:
        return hydra.sweeper.n_trials
    given = [f"{key}={value}" for key, value in (hydra.sweeper.get("params") or {}).items()]
    parsed = OverridesParser.create().parse_overrides([*given, *hydra.overrides.task])
    # The later one of a key wins: the command line comes after the preset.
    swept = {o.get_key_element(): o for o in parsed}.values()
    swept = [override for override in swept if override.is_sweep_override()]
    try:
        return math.prod(len(set(override.sweep_string_iterator())) for override in swept)
    # A pattern such as loss=glob(*) stands for names that only Hydra knows.
    except HydraException:
        return None


def progress_of(sweep: Path, jobs: int) -> str:
    """How far a sweep has come when one of its jobs has just ended; empty at its end."""
    begun = []
    for folder in sweep.glob("*/config"):
        summary = read_summary(folder.parent)
        status = summary.get("status", "running")
        begun.append(Job(status, summary.get("updates", 0), summary.get("seconds")))
    # The worker of the job that has ended takes the next one.
    at_once = 1 + sum(job.status == "running" for job in begun)
    return progress(jobs, begun, at_once)


def record_failed_job(config: DictConfig, error: Exception) -> None:
    """Print that a job failed and why, record it for the end, and make a refused one a run."""
    folder = Path(config.hydra.runtime.output_dir)
    is_sentence = isinstance(error, ForgerError | HydraException | OmegaConfBaseException)
    reason = str(error).partition("\n")[0] or type(error).__name__
    if not is_sentence:
        traceback.print_exception(error)
        reason = name_and_text(error)
    failed = not is_sentence or read_summary(folder).get("status") == "failed"
    status = "failed" if failed else "refused"
    if not is_started(folder):
        settings = {key: value for key, value in config.items_ex(resolve=False) if key != "hydra"}
        write_config(folder, OmegaConf.create(settings), list(config.hydra.overrides.task))
        summary = {"status": status, "updates": 0, "seconds": 0.0, "error": reason, "metrics": {}}
        write_json(folder / "summary.json", summary)
    failure = {
        "run": str(relative_path(folder)),
        "status": status,
        "reason": reason,
        "error": name_and_text(error),
        "is_sentence": is_sentence,
    }
    with (Path(config.hydra.sweep.dir) / FAILURES).open("a", encoding="utf-8") as file:
        # One short write to the end of the file: jobs of other processes append as well.
        file.write(f"{json.dumps(failure)}\n")
    print(one_line(failure), file=sys.stderr, flush=True)


def failures() -> list[dict[str, Any]]:
    """The jobs that have failed since this process's sweep began, each once."""
    if Announce.failures is None or not Announce.failures.exists():
        return []
    # Only the lines after those of an earlier start of the sweep.
    lines = Announce.failures.read_bytes()[Announce.offset :].splitlines()
    return list({failure["run"]: failure for failure in map(json.loads, lines)}.values())


def print_failures(failed: list[dict[str, Any]]) -> None:
    if failed:
        many = "1 job" if len(failed) == 1 else f"{len(failed)} jobs"
        print("\n".join([f"\n{many} failed", *map(one_line, failed)]), file=sys.stderr, flush=True)


def end_of_failed(error: Exception) -> int | None:
    """Print all failed jobs of a sweep that ends in an error; returns the exit code for it.

    That is 2 if users can correct all of them, else 1; None if the error is not of a job.
    """
    failed = failures()
    print_failures(failed)
    recorded = {failure["error"] for failure in failed}
    if Announce.failures is None or name_and_text(error) not in recorded:
        return None
    say_how_to_report(Announce.failures.parent)
    return 2 if all(failure["is_sentence"] for failure in failed) else 1


def unstarted() -> Path | None:
    """The folder of a sweep that ended before its first job, without Hydra's file; else None."""
    folder = Announce.failures.parent if Announce.failures else None
    if folder is None or not folder.is_dir():
        return None
    if {file.name for file in folder.iterdir()} - {"multirun.yaml"}:
        return None
    (folder / "multirun.yaml").unlink(missing_ok=True)
    return folder.absolute()


def one_line(failure: dict[str, Any]) -> str:
    return visible(f"{failure['status']:<9}{failure['run']}: {failure['reason']}")


def name_and_text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def say_how_to_report(folder: Path) -> None:
    print(f"report   forger report {shlex.quote(str(folder))}", flush=True)
