"""The jobs of a sweep: their folders and names, and what is told of those that fail."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from command_line import new_interpreter, run_command
from tiny import LINE, POINTS, RING

Forger = Callable[..., str]


def updates(run: Path) -> int:
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]


@pytest.mark.slow
def test_a_sweep_leaves_a_folder_for_each_job(forger: Forger, tmp_path: Path) -> None:
    sweep = ["model.latent_dim=2,3", "model.k=1,2", "-m", "name=grid", *RING]
    printed = forger("train", *sweep, "trainer.max_steps=3")
    assert printed.count("3 updates") == 4
    first, *_, last = printed.splitlines()
    again = "after a kill, give the same command with name=grid"
    assert first == f"sweep    outputs/sweeps/grid: {again}"
    assert last == "report   forger report outputs/sweeps/grid"
    jobs = tmp_path / "outputs" / "sweeps" / "grid"
    folders = [path.name for path in jobs.iterdir() if path.is_dir()]
    assert sorted(folders) == [
        "0_latent_dim-2_k-1",
        "1_latent_dim-2_k-2",
        "2_latent_dim-3_k-1",
        "3_latent_dim-3_k-2",
    ]
    seen = []
    for job in sorted(folders):
        config = OmegaConf.load(jobs / job / "config" / "config.yaml")
        seen.append((config.model.latent_dim, config.model.k))
        checkpoint = torch.load(jobs / job / "checkpoints" / "last.ckpt", weights_only=True)
        assert checkpoint["global_step"] == 3
        steps = [state["state"][0]["step"].item() for state in checkpoint["optimizer_states"]]
        assert steps == [3, 3 * config.model.k]
        assert (jobs / job / "samples.png").exists()
    assert seen == [(2, 1), (2, 2), (3, 1), (3, 2)]

    # One value more gives other numbers: what is there stays, and what is new is beside it.
    sweep[1] = "model.k=1,2,3"
    printed = forger("train", *sweep, "trainer.max_steps=3")
    assert printed.count("done before: ") == 4
    grown = {path.name for path in jobs.iterdir() if path.is_dir()} - {*folders}
    assert grown == {"2_latent_dim-2_k-3", "5_latent_dim-3_k-3"}


@pytest.mark.slow
def test_a_job_of_a_sweep_that_is_refused_does_not_stop_the_others(
    forger: Forger, tmp_path: Path
) -> None:
    sweep = ["-m", "model.k=0,1", "name=grid", *POINTS, "trainer.max_steps=2"]
    ended = run_command(tmp_path, "train", *sweep)
    assert ended.returncode == 2
    reason = "0_k-0: model: k (=0) must be at least 1"
    refused = f"refused  outputs/sweeps/grid/{reason}"
    told, before, at_once, _, count, at_the_end = ended.stderr.splitlines()
    # Before the first job trains, when its turn comes, and at the end.
    assert (told, before) == (
        "1 of 2 jobs will be refused when their turn comes:",
        f"refused  {reason}",
    )
    assert (at_once, count, at_the_end) == (refused, "1 job failed", refused)
    jobs = tmp_path / "outputs" / "sweeps" / "grid"
    assert updates(jobs / "1_k-1") == 2
    assert not (jobs / "0_k-0" / "checkpoints").exists()
    report = forger("report", "outputs/sweeps/grid")
    assert report.startswith("2 runs: 1 refused, 1 done.")
    # What a refused job leaves is in nobody's way.
    (jobs / "0_k-0").rename(jobs / "0_k-2")
    sweep[1] = "model.k=2,1"
    assert "done before: outputs/sweeps/grid/1_k-1" in forger("train", *sweep)
    assert updates(jobs / "0_k-2") == 2


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("schedule=glob(zzz*)", "schedule=glob(zzz*) has no values: give a pattern or a range"),
        ("model.k=interval(1,3)", "model.k=interval(1,3) is for a search: give +sweep=optuna, or"),
    ],
)
def test_a_grid_without_a_job_is_refused_and_leaves_nothing(
    forger: Forger, tmp_path: Path, setting: str, sentence: str
) -> None:
    assert sentence in forger("train", "-m", "name=none", setting)
    assert not any(tmp_path.iterdir())


LATE = """
from pytorch_lightning import Callback

class Late(Callback):
    def __init__(self, at: int) -> None:
        self.at = at

    def on_train_batch_start(self, trainer, *_) -> None:
        if trainer.global_step == self.at:
            raise IndexError(f"a fault at {self.at}")
"""


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["basic", "joblib", "together"])
def test_jobs_that_fail_are_told_when_they_fail_and_all_at_the_end(
    forger: Forger, tmp_path: Path, launcher: str
) -> None:
    (tmp_path / "late.py").write_text(LATE)
    late = ["+callbacks.late._target_=late.Late", "+callbacks.late.at=${seed}"]
    sweep = ["-m", *LINE, "callbacks.measure.n=50", "seed=2,3,9", *late]
    with_launcher = [] if launcher == "basic" else [f"+launcher={launcher}"]
    run = new_interpreter if launcher == "joblib" else run_command
    ended = run(tmp_path, "train", *sweep, *with_launcher, "trainer.max_steps=6", "name=late")
    assert ended.returncode == 1, ended.stderr
    failed = [
        f"failed   outputs/sweeps/late/{number}_seed-{seed}: IndexError: a fault at {seed}"
        for number, seed in enumerate((2, 3))
    ]
    lines = ended.stderr.splitlines()
    # Jobs that run at once fail in any order.
    assert [lines[-3], *sorted(lines[-2:])] == ["2 jobs failed", *failed]
    assert set(failed) <= set(lines[:-3])
    assert ended.stderr.count("Traceback") == 2
    assert "report   forger report outputs/sweeps/late" in ended.stdout
    report = forger("report", "outputs/sweeps/late")
    assert report.startswith("3 runs: 2 failed, 1 done.")


@pytest.mark.slow
def test_what_all_jobs_leave_out_is_in_no_jobs_name(forger: Forger, tmp_path: Path) -> None:
    sweep = ["-m", *LINE, "~callbacks.measure"]
    forger("train", *sweep, "trainer.max_steps=1", "model.k=1,2", "name=s")
    jobs = tmp_path / "outputs" / "sweeps" / "s"
    assert sorted(f.name for f in jobs.iterdir() if f.is_dir()) == ["0_k-1", "1_k-2"]
