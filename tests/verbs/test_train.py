"""Jobs of a sweep that meet what happens to jobs of a sweep."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from forger.curves import read_curves
from forger.isolation import isolated
from tiny import events, same

Forger = Callable[..., str]
FORGER = [sys.executable, "-m", "forger.cli", "train"]
SMALL = [
    "generator=mlp",
    "generator.widths=[16]",
    "discriminator=mlp",
    "discriminator.widths=[16]",
    "trainer.log_every_n_steps=2",
]


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*FORGER, *arguments], cwd=folder, capture_output=True, text=True)


def summary(run: Path) -> dict:
    return json.loads((run / "summary.json").read_text())


def assert_same_run(one: Path, other: Path) -> None:
    """Everything bit for bit but the clock on the wall."""
    states = [
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True) for run in (one, other)
    ]
    for part in ("global_step", "epoch", "state_dict", "optimizer_states"):
        assert same(states[0][part], states[1][part])
    pictures = [[file.read_bytes() for file in run.glob("samples.png")] for run in (one, other)]
    assert pictures[0] == pictures[1]
    curves = [
        {name: c for name, c in read_curves(run).items() if not name.startswith("time/")}
        for run in (one, other)
    ]
    assert curves[0] == curves[1]
    values = [
        {n: v for n, v in summary(run)["metrics"].items() if not n.startswith("time/")}
        for run in (one, other)
    ]
    assert values[0] == values[1]
    logs = [[(e.step, e.value) for e in events(r).Scalars("loss/generator")] for r in (one, other)]
    assert logs[0] == logs[1]


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    settings = [*SMALL, "trainer.max_steps=200", "callbacks.checkpoint.every_n_updates=10"]
    sweep = ["-m", "seed=0,1,2", *settings]
    jobs = tmp_path / "outputs" / "sweeps" / "killed"
    process = subprocess.Popen(
        [*FORGER, *sweep, "name=killed"], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    second = jobs / "1_seed-1"
    while not (second / "checkpoints" / "last.ckpt").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (second / "summary.json").exists()
    assert sorted(job.name for job in jobs.iterdir() if job.is_dir()) == ["0_seed-0", "1_seed-1"]
    before = {file: file.stat().st_mtime_ns for file in (jobs / "0_seed-0").rglob("*.*")}

    again = command(tmp_path, *sweep, "name=killed")
    assert again.returncode == 0, again.stderr
    assert "done before: outputs/sweeps/killed/0_seed-0" in again.stdout
    assert before == {file: file.stat().st_mtime_ns for file in (jobs / "0_seed-0").rglob("*.*")}
    starts = [len(json.loads((job / "run.json").read_text())) for job in sorted(jobs.glob("*_*"))]
    assert starts == [1, 2, 1]
    whole = command(tmp_path, *sweep, "name=whole")
    assert whole.returncode == 0, whole.stderr
    for job in ("0_seed-0", "1_seed-1", "2_seed-2"):
        assert summary(jobs / job)["status"] == "done"
        assert_same_run(jobs / job, jobs.parent / "whole" / job)

    other = command(tmp_path, *sweep, "name=killed", "trainer.max_steps=300")
    assert other.returncode == 2
    assert "0_seed-0 holds a run already" in other.stderr


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
    settings = [*SMALL, "trainer.max_steps=6", "+callbacks.vandal._target_=vandal.Vandal"]
    sweep = command(tmp_path, "-m", *settings, "+callbacks.vandal.active=true,false", "name=two")
    assert "spilled" in sweep.stderr  # Hydra raises what a job raised at the end of the sweep
    jobs = tmp_path / "outputs" / "sweeps" / "two"
    failed = summary(jobs / "0_active-True")
    assert (failed["status"], failed["error"]) == ("failed", "RuntimeError: spilled")
    alone = command(tmp_path, *settings, "+callbacks.vandal.active=false", "name=alone")
    assert alone.returncode == 0, alone.stderr
    assert_same_run(jobs / "1_active-False", tmp_path / "outputs" / "runs" / "default" / "alone")
    assert "pytorch_lightning" not in (tmp_path / "log.txt").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit"])
def test_a_launcher_makes_the_runs_that_one_process_makes(tmp_path: Path, launcher: str) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{launcher}_launcher")
    sweep = ["-m", "seed=0,1", *SMALL, "trainer.max_steps=4"]
    for name, more in (("one", []), ("other", [f"+launcher={launcher}"])):
        ended = command(tmp_path, *sweep, f"name={name}", *more)
        assert ended.returncode == 0, ended.stderr
    sweeps = tmp_path / "outputs" / "sweeps"
    for job in ("0_seed-0", "1_seed-1"):
        assert_same_run(sweeps / "one" / job, sweeps / "other" / job)


TOY = ["experiment=gaussian_1d", "trainer.max_steps=2", "trainer.log_every_n_steps=1"]


def recorded_seed(run: Path) -> int:
    """The seed of a run, which its record, its configuration and its checkpoint agree on."""
    (start,) = json.loads((run / "run.json").read_text())
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    config = OmegaConf.load(run / "config" / "config.yaml")
    assert checkpoint["config"]["seed"] == checkpoint["config"]["data"]["seed"] == start["seed"]
    assert config.seed == start["seed"]
    return start["seed"]


@pytest.mark.slow
def test_a_seed_by_chance_is_printed_recorded_and_makes_the_same_run_again(
    forger: Forger, tmp_path: Path
) -> None:
    printed = forger("train", *TOY, "seed=null", "name=chance")
    runs = tmp_path / "outputs" / "runs" / "gaussian_1d"
    seed = recorded_seed(runs / "chance")
    assert f"seed     {seed}, by chance" in printed
    forger("train", *TOY, f"seed={seed}", "name=again")
    assert_same_run(runs / "chance", runs / "again")


@pytest.mark.slow
def test_each_job_of_a_sweep_has_its_own_seed_by_chance_and_keeps_it(
    forger: Forger, tmp_path: Path
) -> None:
    sweep = ["train", "-m", *TOY, "seed=null", "model.latent_dim=1,2", "name=chance"]
    forger(*sweep)
    jobs = sorted((tmp_path / "outputs" / "sweeps" / "chance").glob("*_*"))
    seeds = [recorded_seed(job) for job in jobs]
    assert len(set(seeds)) == 2
    assert forger(*sweep).count("done before") == 2
    assert [recorded_seed(job) for job in jobs] == seeds


SWORN = """
import torch
from pytorch_lightning import Callback

class Sworn(Callback):
    def on_train_start(self, trainer, gan) -> None:
        assert torch.are_deterministic_algorithms_enabled()
"""


@pytest.mark.slow
def test_determinism_can_be_enforced(forger: Forger, tmp_path: Path) -> None:
    (tmp_path / "sworn.py").write_text(SWORN)
    sworn = ["+callbacks.sworn._target_=sworn.Sworn", "debug=smoke", "trainer.max_steps=2"]
    with isolated():
        forger("train", *sworn, "trainer.deterministic=true")


WITNESS = """
import os
from pytorch_lightning import Callback

class Witness(Callback):
    def on_train_end(self, trainer, gan) -> None:
        pages = int(open("/proc/self/statm").read().split()[1])
        with open("memory.txt", "a") as file:
            file.write(f"{pages * os.sysconf('SC_PAGE_SIZE')}\\n")
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is told by Linux")
def test_memory_does_not_grow_with_the_jobs_of_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Freed data go back to the system at once; glibc would keep blocks of them at its own pleasure.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", str(2**20))
    (tmp_path / "witness.py").write_text(WITNESS)
    megabyte = 2**20
    settings = ["experiment=gaussian_1d", "trainer.max_steps=2", "data.size=2000000"]  # 24 MB
    sweep = ["-m", "seed=range(30)", *settings, "+callbacks.witness._target_=witness.Witness"]
    ended = command(tmp_path, *sweep, "name=thirty")
    assert ended.returncode == 0, ended.stderr
    used = [int(line) / megabyte for line in (tmp_path / "memory.txt").read_text().split()]
    assert len(used) == 30
    assert max(used[2:]) - min(used[2:]) < 20, used


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_loses_nothing_and_says_how_to_go_on(
    tmp_path: Path, sent: signal.Signals
) -> None:
    settings = [*SMALL, "name=told", "trainer.max_steps=1000000"]
    run = tmp_path / "outputs" / "runs" / "default" / "told"
    code, printed = interrupted([*settings], tmp_path, run, sent)
    assert code == 128 + sent
    assert "go on    forger train resume=outputs/runs/default/told" in printed
    assert summary(run)["status"] == "interrupted"
    reached = summary(run)["updates"]
    assert (
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == reached
    )

    end = f"trainer.max_steps={reached + 3}"
    again = command(tmp_path, "resume=outputs/runs/default/told", end)
    assert again.returncode == 0, again.stderr
    whole = command(tmp_path, *SMALL, "name=whole", end)
    assert whole.returncode == 0, whole.stderr
    assert (summary(run)["status"], summary(run)["updates"]) == ("done", reached + 3)
    assert_same_run(run, run.parent / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_sweep_that_is_told_to_stop_ends_there_and_goes_on_by_the_same_command(
    tmp_path: Path, sent: signal.Signals
) -> None:
    sweep = ["-m", "seed=0,1", *SMALL, "name=told", "trainer.max_steps=400"]
    jobs = tmp_path / "outputs" / "sweeps" / "told"
    code, _ = interrupted(sweep, tmp_path, jobs / "0_seed-0", sent)
    assert code == 128 + sent
    assert summary(jobs / "0_seed-0")["status"] == "interrupted"
    assert not (jobs / "1_seed-1").exists()
    again = command(tmp_path, *sweep)
    assert again.returncode == 0, again.stderr
    assert [summary(job)["status"] for job in sorted(jobs.glob("*_*"))] == ["done"] * 2


def interrupted(
    arguments: list[str], folder: Path, run: Path, sent: signal.Signals
) -> tuple[int, str]:
    """The exit code and output of a command that gets a signal while its run is trained."""
    process = subprocess.Popen(
        [*FORGER, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not read_curves(run) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(sent)
    printed, _ = process.communicate()
    return process.returncode, printed
