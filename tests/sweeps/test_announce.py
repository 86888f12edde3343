import json
import os
import pickle
import signal
import time
from pathlib import Path

import pytest
from hydra.core.utils import JobReturn, JobStatus
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from command_line import Command
from fake_runs import leave_run
from forger.errors import ForgerError
from forger.report.reading import find_runs, read_run
from forger.runs.progress import NAME, read_jobs
from forger.sweeps.announce import (
    FAILURES,
    Announce,
    count_jobs,
    end_of_failed,
    failures,
    say_how_to_go_on,
)

SENTENCE = ForgerError("k (=0) must be at least 1")
FAULT = IndexError("a fault, größer")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Announce:
    """A sweep that has begun, in tmp_path/sweep."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Announce, "failures", None)
    announce = Announce([])
    announce.on_multirun_start(job("0"))
    return announce


def job(number: str, launcher: str = "BasicLauncher") -> DictConfig:
    """The configuration of a job as Hydra hands it to callbacks."""
    hydra = {
        "sweep": {"dir": "sweep"},
        "mode": RunMode.MULTIRUN,
        "launcher": {"_target_": f"somewhere.{launcher}"},
        "sweeper": {"params": {"seed": "0,1"}},
        "overrides": {"task": ["model.k=1,2,3", "seed=range(4)", "name=sweep"]},
        "runtime": {"output_dir": str(Path.cwd() / "sweep" / number)},
    }
    return OmegaConf.create({"name": "sweep", "model": {"k": "${nothing}"}, "hydra": hydra})


def end(announce: Announce, number: str, error: Exception | None) -> None:
    (Path("sweep") / number).mkdir(parents=True, exist_ok=True)
    status = JobStatus.FAILED if error else JobStatus.COMPLETED
    announce.on_job_end(job(number), JobReturn(status=status, _return_value=error))


def test_a_job_is_told_of_when_it_fails_and_again_at_the_end(
    start: Announce, capsys: pytest.CaptureFixture[str]
) -> None:
    end(start, "0", SENTENCE)
    told = "refused  sweep/0: k (=0) must be at least 1"
    assert capsys.readouterr().err == f"{told}\n"
    end(start, "1", None)
    end(start, "2", FAULT)
    trace = capsys.readouterr().err
    assert trace.startswith("IndexError")
    assert trace.endswith("failed   sweep/2: IndexError: a fault, größer\n")
    start.on_multirun_end(job("0"))
    printed = capsys.readouterr()
    assert (
        printed.err == f"\n2 jobs failed\n{told}\nfailed   sweep/2: IndexError: a fault, größer\n"
    )
    assert printed.out == "report   forger report sweep\n"


def test_hydra_raises_a_failed_jobs_error_without_a_line_of_its_own(
    start: Announce, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = JobReturn(overrides=["k=0"], status=JobStatus.FAILED, _return_value=SENTENCE)
    start.on_job_end(job("0"), ended)
    capsys.readouterr()
    # As from a worker.
    with pytest.raises(ForgerError, match="must be at least 1"):
        _ = pickle.loads(pickle.dumps(ended)).return_value
    assert capsys.readouterr().err == ""


def test_the_exit_code_of_a_sweep_says_whether_sentences_tell_all(start: Announce) -> None:
    end(start, "0", SENTENCE)
    assert end_of_failed(SENTENCE) == 2
    assert end_of_failed(RuntimeError("of the launcher")) is None
    end(start, "1", FAULT)
    assert end_of_failed(SENTENCE) == 1


def test_a_refused_job_is_in_the_report_and_a_run_that_is_there_stays(start: Announce) -> None:
    end(start, "0", SENTENCE)
    (found,) = map(read_run, find_runs(Path("sweep")))
    assert (found.status, found.error) == ("refused", str(SENTENCE))
    run = Path("sweep") / "1"
    run.mkdir()
    (run / "run.json").write_text("[]")
    done = '{"status": "done", "updates": 1, "seconds": 1.0, "metrics": {}}'
    (run / "summary.json").write_text(done)
    end(start, "1", ForgerError("1 holds a run already"))
    assert (run / "summary.json").read_text() == done
    assert [failure["status"] for failure in failures()] == ["refused"] * 2


def test_failures_of_an_earlier_start_are_not_told_again(start: Announce) -> None:
    end(start, "0", FAULT)
    start.on_multirun_start(job("0"))
    assert failures() == []
    end(start, "1", FAULT)
    assert [failure["run"] for failure in failures()] == ["sweep/1"]
    lines = (Path("sweep") / FAILURES).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["run"] for line in lines] == ["sweep/0", "sweep/1"]


@pytest.mark.parametrize("launcher", ["Submitit", "LocalLauncher"])
def test_a_launcher_without_a_limit_is_said_to_have_none(
    capsys: pytest.CaptureFixture[str], launcher: str
) -> None:
    say_how_to_go_on(job("0"))
    assert "launcher" not in capsys.readouterr().out
    say_how_to_go_on(job("0", launcher))
    assert "launcher all jobs start at once" in capsys.readouterr().out


def test_each_job_says_how_far_the_sweep_has_come(
    start: Announce, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(6):
        leave_run(Path("sweep") / str(number), {}, {20: 1.0}, seconds=100.0)
    capsys.readouterr()
    assert not (Path("sweep") / NAME).exists()
    start.on_job_start(job("5"))
    assert read_jobs(Path("sweep")) == 12
    end(start, "5", None)
    assert capsys.readouterr().out == "sweep    6 of 12 jobs have ended, about 10 minutes left\n"


@pytest.mark.parametrize(
    ("sweeper", "task", "jobs"),
    [
        ({}, [], 1),
        ({"n_trials": 7, "params": {"model.k": "1,2"}}, ["seed=1"], 7),
        ({"params": {"model.k": "1,2"}}, ["loss=choice(a,b)", "~term"], 4),
        # The jobs of one seed are one run.
        ({"params": {"model.k": "1,2"}}, ["seed=0,0"], 2),
        ({"params": None}, ["loss=glob(*)", "model.k=1,2"], None),
        ({}, ["model.k=interval(0,1)"], None),
    ],
)
def test_jobs_are_counted_as_hydra_makes_them(
    sweeper: dict[str, object], task: list[str], jobs: int | None
) -> None:
    hydra = OmegaConf.create({"sweeper": sweeper, "overrides": {"task": task}})
    assert count_jobs(hydra) == jobs


def children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children as Linux tells them")
@pytest.mark.parametrize(
    ("launcher", "sent", "code"),
    [
        ("joblib", signal.SIGKILL, -9),
        ("joblib", signal.SIGTERM, 128 + 15),
        ("submitit", signal.SIGINT, 128 + 2),
    ],
)
def test_jobs_save_what_they_have_when_their_sweep_ends_early(
    tmp_path: Path, launcher: str, sent: int, code: int
) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{launcher}_launcher")
    # Joblib has two workers, and a queue; submitit starts all jobs.
    seeds = "0,1" if launcher == "submitit" else "0,1,2,3"
    sweep = ["-m", f"+launcher={launcher}", f"seed={seeds}", "experiment=gaussian_1d"]
    sweep += ["~callbacks.densities", "~callbacks.measure", "trainer.max_steps=1000000"]
    command = Command(tmp_path, "train", *sweep, "name=killed")
    jobs = [tmp_path / "outputs" / "sweeps" / "killed" / f"{i}_seed-{i}" for i in range(4)]
    while not all((run / "curves.jsonl").exists() for run in jobs[:2]) and command.running():
        time.sleep(0.05)
    workers = children(command.pid)
    assert len(workers) >= 2
    # Ctrl-C in a terminal goes to all of its processes.
    for worker in workers if sent == signal.SIGINT else ():
        os.kill(worker, sent)
    command.send_signal(sent)
    ended = command.wait()
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    try:
        while any(map(alive, workers)):
            time.sleep(0.1)
    finally:
        for worker in filter(alive, workers):
            os.kill(worker, signal.SIGKILL)
    for run in jobs[:2]:
        assert json.loads((run / "summary.json").read_text())["status"] == "interrupted"
        assert (run / "checkpoints" / "last.ckpt").exists()
    assert not jobs[2].exists()
