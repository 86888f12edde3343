"""Jobs of a sweep that meet what happens to jobs of a sweep."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from command_line import Command, interrupt, new_interpreter, run_command, succeed
from compare_runs import assert_same_run, recorded_seed, summary
from forger.runs.curves import read_curves
from tiny import LINE, POINTS, RING


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    settings = [*RING, "trainer.max_steps=60", "callbacks.checkpoint.every_n_updates=5"]
    sweep = ["train", "-m", "seed=0,1,2", *settings]
    jobs = tmp_path / "outputs" / "sweeps" / "killed"
    killed = Command(tmp_path, *sweep, "name=killed")
    second = jobs / "1_seed-1"
    while not (second / "checkpoints" / "last.ckpt").exists() and killed.running():
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait().returncode == -signal.SIGKILL
    assert not (second / "summary.json").exists()
    assert sorted(job.name for job in jobs.iterdir() if job.is_dir()) == ["0_seed-0", "1_seed-1"]
    before = {file: file.stat().st_mtime_ns for file in (jobs / "0_seed-0").rglob("*.*")}

    again = run_command(tmp_path, *sweep, "name=killed")
    assert again.returncode == 0, again.stderr
    assert "done before: outputs/sweeps/killed/0_seed-0" in again.stdout
    assert before == {file: file.stat().st_mtime_ns for file in (jobs / "0_seed-0").rglob("*.*")}
    starts = [len(json.loads((job / "run.json").read_text())) for job in sorted(jobs.glob("*_*"))]
    assert starts == [1, 2, 1]
    whole = run_command(tmp_path, *sweep, "name=whole")
    assert whole.returncode == 0, whole.stderr
    for job in ("0_seed-0", "1_seed-1", "2_seed-2"):
        assert summary(jobs / job)["status"] == "done"
        assert_same_run(jobs / job, jobs.parent / "whole" / job)

    other = run_command(tmp_path, *sweep, "name=killed", "trainer.max_steps=70")
    assert other.returncode == 2
    assert "0_seed-0 holds a run of other settings" in other.stderr


VANDAL = """
import logging, os, warnings, torch
from pytorch_lightning import Callback

class Vandal(Callback):
    def __init__(self, active: bool) -> None:
        self.active = active

    def on_train_end(self, trainer, gan) -> None:
        if self.active:
            torch.set_num_threads(2)
            torch.set_default_dtype(torch.float64)
            torch.set_float32_matmul_precision("medium")
            warnings.simplefilter("error")
            logging.getLogger().addHandler(logging.FileHandler("log.txt"))
            logging.getLogger().setLevel(logging.DEBUG)
            os.environ["FORGER_DATA"] = "nowhere"
            raise RuntimeError("spilled")
"""


@pytest.mark.slow
def test_a_job_is_as_if_run_alone_whatever_the_one_before_did(tmp_path: Path) -> None:
    (tmp_path / "vandal.py").write_text(VANDAL)
    settings = [*RING, "trainer.max_steps=6", "+callbacks.vandal._target_=vandal.Vandal"]
    sweep = run_command(
        tmp_path, "train", "-m", *settings, "+callbacks.vandal.active=true,false", "name=two"
    )
    assert "spilled" in sweep.stderr  # Hydra raises what a job raised at the end of the sweep
    jobs = tmp_path / "outputs" / "sweeps" / "two"
    failed = summary(jobs / "0_active-True")
    assert (failed["status"], failed["error"]) == ("failed", "RuntimeError: spilled")
    alone = run_command(
        tmp_path, "train", *settings, "+callbacks.vandal.active=false", "name=alone"
    )
    assert alone.returncode == 0, alone.stderr
    assert_same_run(jobs / "1_active-False", tmp_path / "outputs" / "runs" / "ring" / "alone")
    assert "pytorch_lightning" not in (tmp_path / "log.txt").read_text()


SWEEP = ["train", "-m", "seed=0,1", *RING, "trainer.max_steps=4"]


@pytest.fixture(scope="module")
def sweep_in_one_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep whose jobs ran one after the other."""
    folder = tmp_path_factory.mktemp("sweep")
    succeed(folder, *SWEEP, "name=one")
    return folder / "outputs" / "sweeps" / "one"


@pytest.mark.slow
def test_no_time_for_jobs_of_submitit_is_refused_in_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    none = ["+launcher=submitit", "hydra.launcher.timeout_min=0"]
    ended = run_command(tmp_path, *SWEEP, *none)
    assert ended.returncode == 2
    assert "forger: hydra.launcher.timeout_min (=0) must be at least 1" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launcher", "settings", "start"),
    [
        ("joblib", [], new_interpreter),
        ("submitit", [], run_command),
        # One worker of Ray's, which makes both runs: each takes seconds to start.
        (
            "ray",
            [
                "+hydra.launcher.ray.init.num_cpus=1",
                "+hydra.launcher.ray.init.include_dashboard=false",
            ],
            run_command,
        ),
    ],
    ids=["joblib", "submitit", "ray"],
)
def test_a_launcher_makes_the_runs_that_one_process_makes(
    sweep_in_one_process: Path,
    tmp_path: Path,
    launcher: str,
    settings: list[str],
    start: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{launcher}_launcher")
    ended = start(tmp_path, *SWEEP, "name=other", f"+launcher={launcher}", *settings)
    assert ended.returncode == 0, ended.stderr
    for job in ("0_seed-0", "1_seed-1"):
        other = tmp_path / "outputs" / "sweeps" / "other" / job
        assert_same_run(sweep_in_one_process / job, other)


@pytest.mark.slow
def test_each_job_of_a_sweep_has_its_own_seed_by_chance_and_keeps_it(
    tmp_path: Path,
) -> None:
    sweep = ["train", "-m", *LINE, "trainer.max_steps=2", "seed=null", "model.k=1,2", "name=chance"]
    succeed(tmp_path, *sweep)
    jobs = sorted((tmp_path / "outputs" / "sweeps" / "chance").glob("*_*"))
    seeds = [recorded_seed(job) for job in jobs]
    assert len(set(seeds)) == 2
    assert succeed(tmp_path, *sweep).count("done before") == 2
    assert [recorded_seed(job) for job in jobs] == seeds


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_sweep_that_is_told_to_stop_ends_there_and_goes_on_by_the_same_command(
    tmp_path: Path, sent: signal.Signals
) -> None:
    sweep = ["train", "-m", "seed=0,1", *POINTS, "callbacks=[checkpoint,curves]", "name=told"]
    sweep += ["trainer.max_steps=300", "trainer.log_every_n_steps=1"]
    jobs = tmp_path / "outputs" / "sweeps" / "told"
    assert interrupt(tmp_path, jobs / "0_seed-0", sent, *sweep).returncode == 128 + sent
    assert summary(jobs / "0_seed-0")["status"] == "interrupted"
    assert not (jobs / "1_seed-1").exists()
    again = run_command(tmp_path, *sweep)
    assert again.returncode == 0, again.stderr
    assert [summary(job)["status"] for job in sorted(jobs.glob("*_*"))] == ["done"] * 2


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_runs_at_once_that_are_told_to_stop_end_together_and_go_on_by_the_same_command(
    tmp_path: Path, sent: signal.Signals
) -> None:
    sweep = ["train", "-m", "seed=0,1", "+launcher=together", *LINE, "name=told"]
    sweep += ["trainer.max_steps=100"]
    jobs = [tmp_path / "outputs" / "sweeps" / "told" / job for job in ("0_seed-0", "1_seed-1")]
    assert interrupt(tmp_path, jobs[1], sent, *sweep).returncode == 128 + sent
    for job in jobs:
        last = torch.load(job / "checkpoints" / "last.ckpt", weights_only=True)
        assert summary(job)["status"] == "interrupted"
        assert 0 < summary(job)["updates"] == last["global_step"] < 100
    again = run_command(tmp_path, *sweep)
    assert again.returncode == 0, again.stderr
    for job in jobs:
        assert (summary(job)["status"], summary(job)["updates"]) == ("done", 100)
        assert sorted(read_curves(job)["loss/generator"]) == list(range(1, 101))
