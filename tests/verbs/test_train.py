"""Jobs of a sweep that meet what happens to jobs of a sweep."""

import json
import multiprocessing
import multiprocessing.process
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from forger.runs.curves import read_curves
from forger.runs.folder import exclusive
from forger.sweeps.isolation import isolated
from tiny import events, forge, same

# A run of a second.
POINTS = [
    "data=swiss_roll",
    "generator.output=identity",
    "generator=mlp",
    "discriminator=mlp",
    "callbacks=[checkpoint]",
    "~logger",
]
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


# Each with its own kind of state to lose: schedules and lazy penalties, k, dropout.
MAXOUT = ["discriminator=maxout", "discriminator.units=[8,8]"]
KILLED = {
    "lazy": ["experiment=ring", "penalty.r1.every=4"],
    "k": ["experiment=ring", "model.k=3"],
    "dropout": [*SMALL[:2], *MAXOUT, "penalty=[r2]", "augment=[translation]"],
}
OFTEN = [
    "trainer.max_steps=60",
    "trainer.log_every_n_steps=1",
    "callbacks.checkpoint.every_n_updates=7",
    "callbacks.measure.every_n_updates=10",
    "callbacks.measure.n=50",
]


@pytest.mark.slow
@pytest.mark.parametrize("settings", KILLED.values(), ids=KILLED.keys())
def test_a_run_killed_again_and_again_equals_one_never_killed(
    tmp_path: Path, settings: list[str]
) -> None:
    # Processes that have all modules before they start.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["forger.verbs.train", "tiny"])
    moments = random.Random()

    def start(name: str) -> multiprocessing.process.BaseProcess:
        process = processes.Process(
            target=forge,
            args=(tmp_path, "train", *settings, *OFTEN, f"name={name}", "hydra.run.dir=${name}"),
        )
        process.start()
        return process

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for first in (0, 10, 25, 40):
        moment = moments.randrange(first, first + 15)
        process = start("killed")
        while len(read_curves(killed).get("loss/generator", ())) < moment and process.is_alive():
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.02))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    for process in (start("killed"), start("whole")):
        process.join()
        assert process.exitcode == 0
    assert len(json.loads((killed / "run.json").read_text())) > 1
    assert list(killed.rglob(".*")) == []
    assert_same_run(killed, whole)
    assert [e.step for e in events(killed).Scalars("loss/generator")] == list(range(1, 61))


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
@pytest.mark.parametrize("launcher", ["joblib", "submitit", "ray"])
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
    sweep = ["train", "-m", *TOY, "seed=null", "model.k=1,2", "name=chance"]
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
    def __init__(self, every: int) -> None:
        self.every = every

    def on_train_batch_end(self, trainer, gan, *_) -> None:
        if trainer.global_step % self.every == 0:
            pages = int(open("/proc/self/statm").read().split()[1])
            with open("memory.txt", "a") as file:
                file.write(f"{pages * os.sysconf('SC_PAGE_SIZE')}\\n")
"""


def memory(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[float]:
    """Megabytes in use at each multiple of +callbacks.witness.every in the runs of a command."""
    # Freed data go back to the system at once; glibc would keep blocks of them at its own pleasure.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", str(2**20))
    (folder / "witness.py").write_text(WITNESS)
    ended = command(folder, *arguments, "+callbacks.witness._target_=witness.Witness")
    assert ended.returncode == 0, ended.stderr
    return [int(line) / 2**20 for line in (folder / "memory.txt").read_text().split()]


told_by_linux = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is told by Linux"
)


@pytest.mark.slow
@told_by_linux
def test_memory_does_not_grow_with_the_jobs_of_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ["experiment=gaussian_1d", "trainer.max_steps=2", "data.size=2000000"]  # 24 MB
    settings += ["~callbacks.densities", "+callbacks.witness.every=2"]
    used = memory(tmp_path, monkeypatch, "-m", "seed=range(30)", *settings)
    assert len(used) == 30
    assert max(used[2:]) - min(used[2:]) < 20, used


@pytest.mark.slow
@told_by_linux
def test_neither_memory_nor_event_files_grow_with_a_long_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ["experiment=gaussian_1d", "trainer.max_steps=20000", "data.batch_size=8"]
    settings += ["~callbacks.densities"]
    used = memory(tmp_path, monkeypatch, *settings, "name=long", "+callbacks.witness.every=1000")
    assert len(used) == 20
    assert max(used[2:]) - min(used[2:]) < 5, used
    (file,) = (tmp_path / "outputs" / "runs" / "gaussian_1d" / "long").glob("events.*")
    assert file.stat().st_size < 2 * 2**20


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


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_runs_at_once_that_are_told_to_stop_end_together_and_go_on_by_the_same_command(
    tmp_path: Path, sent: signal.Signals
) -> None:
    sweep = ["-m", "seed=0,1", "+launcher=together", "experiment=gaussian_1d", "name=told"]
    sweep += ["trainer.max_steps=200", "trainer.log_every_n_steps=1"]
    jobs = [tmp_path / "outputs" / "sweeps" / "told" / job for job in ("0_seed-0", "1_seed-1")]
    code, _ = interrupted(sweep, tmp_path, jobs[1], sent)
    assert code == 128 + sent
    for job in jobs:
        last = torch.load(job / "checkpoints" / "last.ckpt", weights_only=True)
        assert summary(job)["status"] == "interrupted"
        assert 0 < summary(job)["updates"] == last["global_step"] < 200
    again = command(tmp_path, *sweep)
    assert again.returncode == 0, again.stderr
    for job in jobs:
        assert (summary(job)["status"], summary(job)["updates"]) == ("done", 200)
        assert sorted(read_curves(job)["loss/generator"]) == list(range(1, 201))


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


HARM = {"_target_": "os.system", "command": "touch harm"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("loss: {payload}", "loss._target_ (=os.system) in "),
        ("metrics: {{a: {payload}}}", "metrics.a._target_ (=os.system) in "),
        ("loss: \"${{oc.create:'{{_target_: os.system}}'}}\"", "loss._target_ (=os.system) in "),
        ("trust: [os, posix]\nloss: {payload}", "trust=[os]"),
        # What Hydra would make before anything of ours runs.
        ("hydra: {{callbacks: {{a: {payload}}}}}", "config.yaml sets hydra: "),
        ("defaults: [evil]", "config.yaml sets defaults: "),
        ("# @package hydra\ncallbacks: {{a: {payload}}}", "callbacks.a._target_ (=os.system) in "),
        ("[1, 2]", "config.yaml is damaged: its content (=[1, 2]) should be dict"),
        ("loss: {{", "config.yaml is damaged: "),
    ],
)
def test_a_run_folder_from_a_stranger_runs_no_code(
    forger: Forger, tmp_path: Path, text: str, sentence: str
) -> None:
    for file in ("run/checkpoints/last.ckpt", "run/config/evil.yaml", "run/config/config.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / file).write_text(text.format(payload=json.dumps(HARM)))
    assert sentence in forger("train", "resume=run")
    assert not (tmp_path / "harm").exists()


def test_a_verb_trusts_what_it_is_told_to(forger: Forger, ckpt: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from forger.networks.mlp import Generator\nclass Own(Generator): pass\n"
    )
    contents = torch.load(ckpt, weights_only=True)
    contents["config"]["generator"]["_target_"] = "mine.Own"
    # Of a loss nobody asks: it is not made.
    contents["config"]["loss"] = {"_target_": "mine.Loss"}
    torch.save(contents, ckpt)
    assert "give 'trust=[mine]'" in forger("sample", f"ckpt={ckpt}")
    assert "grid.png" in forger("sample", f"ckpt={ckpt}", "trust=[mine]")


def test_a_run_whose_data_lie_elsewhere_goes_on_once_told_that_they_are_ones_own(
    forger: Forger, tmp_path: Path
) -> None:
    small = ["generator=mlp", "generator.widths=[4]", "discriminator=mlp"]
    small += ["discriminator.widths=[4]", "~callbacks.measure", "~callbacks.best"]
    root = f"data.root={tmp_path}/cache"
    forger("train", *small, "trainer.max_steps=2", root, "name=r")
    again = ["train", "resume=outputs/runs/default/r", "trainer.max_steps=4"]
    trust = f"trust=[{tmp_path}/cache]"
    assert f"give {root} anew, or '{trust}'\n" in forger(*again)
    assert "done: 4 updates" in forger(*again, trust)
    again[-1] = "trainer.max_steps=6"
    assert "done: 6 updates" in forger(*again, root)
    assert f"'{trust}'\n" in forger("info", "ckpt=outputs/runs/default/r")
    assert "samples" in forger("sample", "ckpt=outputs/runs/default/r")


def test_a_run_is_not_repeated_with_networks_beyond_the_memory(
    forger: Forger, tmp_path: Path
) -> None:
    small = ["generator=mlp", "discriminator=mlp", "~callbacks.measure", "~callbacks.best"]
    forger("train", *small, "trainer.max_steps=1", "name=r")
    file = tmp_path / "outputs/runs/default/r/config/config.yaml"
    config = OmegaConf.load(file)
    config.generator.widths = [10**6, 10**6]
    OmegaConf.save(config, file)
    said = forger("train", "repeat=outputs/runs/default/r")
    assert "the networks would take 4e+03 GB" in said or "GB, and this machine's memory" in said


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows beyond 30,000 bytes, fewer than a checkpoint has."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
def test_a_full_disk_is_told_in_a_sentence_and_costs_no_checkpoint(
    forger: Forger, tmp_path: Path
) -> None:
    forger("train", *POINTS, "name=full", "trainer.max_steps=2")
    run = tmp_path / "outputs" / "runs" / "default" / "full"
    with full_disk():
        said = forger("train", f"resume={run}", "trainer.max_steps=4")
    assert said == f"forger: cannot write {run}/checkpoints/last.ckpt: File too large\n"
    assert [file.name for file in (run / "checkpoints").iterdir()] == ["last.ckpt"]
    assert summary(run)["status"] == "failed"
    assert "done: 4 updates" in forger("train", f"resume={run}", "trainer.max_steps=4")


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(
    forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    (tmp_path / "outputs").touch()
    for verb in (["train", *SMALL], ["sample", f"ckpt={ckpt}"]):
        said = r"forger: cannot write outputs/\S+: Not a directory; another folder is given by .*\n"
        assert re.fullmatch(said, forger(*verb))


def test_time_adds_up_over_the_starts_of_a_run(forger: Forger) -> None:
    start = ["train", *POINTS, "trainer.max_steps=20", "hydra.run.dir=run"]
    forger(*start)
    record = summary(Path("run"))
    record["seconds"] += 1000
    Path("run/summary.json").write_text(json.dumps(record))
    said = forger("train", "resume=run", "trainer.max_steps=30")
    assert "goes on  from update 20 of run\n" in said
    assert 1000 < summary(Path("run"))["seconds"] < 1100


def test_a_run_goes_on_with_the_data_it_had(forger: Forger) -> None:
    forger("train", *POINTS, "data.size=5000", "trainer.max_steps=2", "hydra.run.dir=run")
    said = forger("train", "resume=run", "data.size=4000", "trainer.max_steps=4")
    assert re.search(r"not those that \S+run was trained on, whose SHA-256 is [0-9a-f]{8}…", said)
    assert (summary(Path("run"))["status"], summary(Path("run"))["updates"]) == ("done", 2)


def test_a_run_that_was_cut_before_its_first_checkpoint_is_started_again(
    forger: Forger, tmp_path: Path
) -> None:
    settings = [*SMALL, "trainer.max_steps=6", "~callbacks.measure", "~callbacks.best"]
    forger("train", *settings, "seed=1", "hydra.run.dir=whole")
    forger("train", *settings, "seed=1", "hydra.run.dir=cut", "trainer.max_steps=4")
    (tmp_path / "cut" / "checkpoints" / "last.ckpt").unlink()
    assert "holds no checkpoints/last.ckpt, and its run has ended" in forger("train", "resume=cut")
    (tmp_path / "cut" / "summary.json").unlink()
    said = forger("train", "resume=cut", "trainer.max_steps=6")
    assert "done: 6 updates" in said
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_a_folder_in_which_a_run_is_trained_takes_no_other(forger: Forger) -> None:
    start = ["train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run"]
    Path("run").mkdir()
    Path("run", "note").touch()
    with exclusive(Path("run")):
        assert "another process trains in" in forger(*start)
    assert [file.name for file in Path("run").iterdir()] == ["note"]
    assert "done: 2 updates" in forger(*start)


@pytest.mark.parametrize(
    ("folder", "second"),
    [
        ("run", ["hydra.run.dir=run"]),
        ("run", ["resume=run", "trainer.max_steps=8"]),
        ("run", ["resume=run/checkpoints/update_000002.ckpt", "trainer.max_steps=8"]),
        ("outputs/sweeps/s/0", ["-m", "seed=0", "name=s"]),
        ("outputs/sweeps/s/0", ["-m", "seed=0", "name=s", "+launcher=joblib"]),
        ("outputs/sweeps/s/0", ["-m", "seed=0", "name=s", "+launcher=together"]),
    ],
    ids=["same", "resume", "earlier", "sweep", "joblib", "together"],
)
def test_a_second_start_touches_nothing_in_the_folder_of_a_run_in_progress(
    forger: Forger,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    second: list[str],
) -> None:
    start = ["data=swiss_roll", "generator=mlp", "generator.output=identity"]
    start += ["discriminator=mlp", "trainer.max_steps=4"]
    start += ["callbacks=[checkpoint,curves]", "trainer.log_every_n_steps=1"]
    start += ["callbacks.checkpoint.every_n_updates=2", "callbacks.checkpoint.keep_all=true"]
    forger("train", *start, *(second if "-m" in second else ["hydra.run.dir=run"]))
    run = Path(folder)
    # As a run in progress is: killed, for all one sees.
    (run / "summary.json").unlink()

    def left() -> dict[str, tuple[int, bytes]]:
        files = [file for file in run.rglob("*") if file.is_file() and file.name != ".lock"]
        return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}

    before = left()
    assert len(read_curves(run)["loss/generator"]) == 4
    settings = [] if second[0].startswith("resume=") else start
    with exclusive(run):
        monkeypatch.setenv("HYDRA_FULL_ERROR", "")
        with pytest.raises(SystemExit):
            forge(Path.cwd(), "train", *settings, *second)
        assert "another process trains in" in capsys.readouterr().err
        assert left() == before
    assert not (run / ".lock").exists()


def test_the_claim_of_a_process_that_was_killed_is_void(forger: Forger) -> None:
    Path("run").mkdir()
    Path("run", ".lock").touch()
    said = forger("train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run")
    assert "done: 2 updates" in said
    assert not Path("run", ".lock").exists()


def test_a_repeated_run_can_be_named(forger: Forger) -> None:
    forger("train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run")
    forger("train", "repeat=run", "name=other")
    one, other = (
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for run in (Path("run"), Path("outputs/runs/repeat/other"))
    )
    assert same(one, other)


def test_a_run_repeated_several_times_is_a_sweep(forger: Forger) -> None:
    forger("train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run")
    said = forger("train", "repeat=run", "-m", "seed=0,1", "name=several")
    assert "sweep    outputs/sweeps/several" in said
    jobs = Path("outputs/sweeps/several")
    assert [summary(jobs / f"{seed}_seed-{seed}")["status"] for seed in (0, 1)] == ["done"] * 2
    forger("train", "resume=run", "-m", "seed=0,1")
    assert not Path("multirun").exists()
