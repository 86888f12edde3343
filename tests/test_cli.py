"""The command line as people meet it: in a process of its own, in an empty folder."""

import filecmp
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra.errors import MissingConfigException
from omegaconf import OmegaConf
from PIL import Image

from command_line import FORGER, expect_success, new_interpreter, run_command, succeed
from forger.cli import main, overview
from forger.config.conf_folder import verbs
from forger.config.explain import explain, nearest_setting
from forger.errors import ForgerError
from forger.runs.version import version
from tiny import events

SMOKE = ["debug=smoke", "generator=mlp", "discriminator=mlp", "callbacks.measure.n=200"]
RATES = "optimizer.generator.lr or optimizer.discriminator.lr"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one short run, outputs/runs/default/first."""
    folder = tmp_path_factory.mktemp("workplace")
    printed = expect_success(new_interpreter(folder, "train", *SMOKE, "name=first"))
    (folder / "printed.txt").write_text(printed)
    return folder


@pytest.fixture(scope="module")
def run(workplace: Path) -> Path:
    return workplace / "outputs" / "runs" / "default" / "first"


def updates(run: Path) -> int:
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]


def test_every_verb_says_in_one_line_what_it_does() -> None:
    assert {"train", "sample"} <= verbs().keys()
    for verb, what in verbs().items():
        assert re.fullmatch(r"[A-Z][^#:]{10,70}", what)
        assert f"{verb} " in overview()
        assert what in overview()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_forger_alone_shows_what_there_is(tmp_path: Path, arguments: list[str]) -> None:
    printed = succeed(tmp_path, *arguments)
    assert all(verb in printed for verb in verbs())
    assert "A first run:   forger train" in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("train", ["loss: ", "minimax", "latent_dim: 100", "experiment=", "resume=", "--cfg job"]),
        ("sample", ["ckpt: ???", "columns: 8", "npz=true"]),
    ],
)
def test_a_verbs_help_shows_groups_settings_and_examples(
    tmp_path: Path, verb: str, words: list[str]
) -> None:
    printed = succeed(tmp_path, verb, "--help")
    assert all(word in printed for word in words), printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("modl.k", ": did you mean model.k?"),
        ("model.latentdim", ": did you mean model.latent_dim?"),
        ("optimizer.lr", f": did you mean {RATES}?"),
        ("lr", f": did you mean {RATES}?"),
        ("model.lr", f": did you mean {RATES}?"),
        ("k", ": did you mean model.k?"),
        ("batch_size", ": did you mean data.batch_size?"),
        ("data.latent_dim", ": did you mean model.latent_dim or generator.latent_dim?"),
        ("los", ": did you mean loss?"),
    ],
)
def test_the_nearest_setting_is_found_at_any_depth(key: str, answer: str) -> None:
    assert nearest_setting(key, "train") == answer


def test_the_nearest_setting_is_one_of_the_verb() -> None:
    assert nearest_setting("ckp", "sample") == ": did you mean ckpt?"
    assert nearest_setting("zzzz", "sample") == ": forger sample --help lists all"


def test_a_sentence_of_ours_stands_for_itself() -> None:
    sentence = "no such thing: take another"
    assert explain(ForgerError(sentence), "train") == sentence


def test_a_launcher_that_is_not_installed_is_named_with_its_extra() -> None:
    missing = MissingConfigException("no such file", "hydra/launcher/submitit_slurm")
    assert explain(missing, "train").endswith("pip install -e '.[submitit]'")


@pytest.mark.slow
def test_a_run_leaves_what_it_takes_to_understand_and_repeat_it(workplace: Path, run: Path) -> None:
    printed = (workplace / "printed.txt").read_text()
    shown = "outputs/runs/default/first"
    assert re.search(rf"^run +{shown}$", printed, re.MULTILINE)
    assert re.search(rf"^samples +{shown}/samples.png$", printed, re.MULTILINE)
    assert re.search(rf"tensorboard --logdir {shown}$", printed, re.MULTILINE)
    assert "20/20" in printed

    assert updates(run) == 20
    assert Image.open(run / "samples.png").size == (12 * 30 + 2, 8 * 30 + 2)
    config = OmegaConf.load(run / "config" / "config.yaml")
    assert (config.trainer.max_steps, config.model.k) == (20, 1)
    assert OmegaConf.load(run / "config" / "overrides.yaml") == [*SMOKE, "name=first"]
    (start,) = json.loads((run / "run.json").read_text())
    assert start["overrides"] == [*SMOKE, "name=first"]
    assert start["seed"] == 0
    assert start["packages"]["pytorch-lightning"]
    assert len(start["data_sha256"]) == 64
    log = events(run)
    assert [event.step for event in log.Scalars("loss/generator")] == [5, 10, 15, 20]
    assert [image.step for image in log.Images("samples")] == [0, 20]
    leftovers = {path.name for path in workplace.iterdir()}
    assert leftovers == {"outputs", "printed.txt"}


@pytest.mark.slow
def test_a_report_takes_its_folder_as_it_stands(workplace: Path, run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "it's here" / "first")
    printed = succeed(tmp_path, "report", "it's here", "metric=loss/generator")
    assert "1 run: 1 done." in printed
    assert {path.name for path in (tmp_path / "it's here").iterdir()} == {
        "first",
        *(f"report.{suffix}" for suffix in ("html", "md", "csv")),
    }


@pytest.mark.slow
def test_data_that_cannot_be_measured_are_refused_with_a_remedy_that_works(
    tmp_path: Path,
) -> None:
    command = ["train", *SMOKE[:3], "trainer.max_steps=2", "data.validation_size=0"]
    ended = run_command(tmp_path, *command)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("forger: callbacks.measure needs")
    remedy = [word for word in ended.stderr.split() if word.startswith("~callbacks.")]
    assert len(remedy) == 2
    succeed(tmp_path, *command, *remedy)


@pytest.mark.slow
def test_a_second_run_of_the_same_name_is_refused_and_the_first_stays(
    workplace: Path, run: Path
) -> None:
    before = (run / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    again = run_command(workplace, "train", "trainer.max_steps=1", "name=first")
    assert again.returncode == 2
    assert re.fullmatch(r"forger: .*first holds a run already: give resume=.*\n", again.stderr)
    assert (run / "checkpoints" / "last.ckpt").stat().st_mtime_ns == before
    assert OmegaConf.load(run / "config" / "config.yaml").trainer.max_steps == 20


@pytest.mark.slow
def test_resume_goes_on_in_the_same_folder_and_log(
    workplace: Path, run: Path, tmp_path: Path
) -> None:
    shutil.copytree(workplace / "outputs", tmp_path / "outputs")
    run = tmp_path / run.relative_to(workplace)
    succeed(tmp_path, "train", f"resume={run}/checkpoints/last.ckpt", "trainer.max_steps=30")
    assert updates(run) == 30
    assert [path.name for path in run.parent.iterdir()] == ["first"]
    starts = json.loads((run / "run.json").read_text())
    assert len(starts) == 2
    assert starts[1]["data_sha256"] == starts[0]["data_sha256"]
    assert [e.step for e in events(run).Scalars("prob/real")] == [5, 10, 15, 20, 25, 30]


@pytest.mark.slow
def test_samples_come_from_the_checkpoint_alone_and_are_a_function_of_the_seed(
    run: Path, tmp_path: Path
) -> None:
    shutil.copy(run / "checkpoints" / "last.ckpt", tmp_path / "alone.ckpt")
    settings = ["n=6", "columns=3", "singles=true", "npz=true"]
    for out, seed in (("one", 1), ("again", 1), ("other", 2)):
        printed = succeed(
            tmp_path, "sample", "ckpt=alone.ckpt", f"seed={seed}", *settings, f"hydra.run.dir={out}"
        )
        assert f"{out}/grid.png" in printed
        names = sorted(file.name for file in (tmp_path / out).iterdir())
        assert names == [*(f"{i:05d}.png" for i in range(6)), "grid.png", "samples.npz"]
    images = {}
    for out in ("one", "again", "other"):
        images[out] = np.load(tmp_path / out / "samples.npz")["samples"]
    for name in ("grid.png", "00000.png", "00005.png"):
        assert filecmp.cmp(tmp_path / "one" / name, tmp_path / "again" / name, shallow=False)
    assert np.array_equal(images["one"], images["again"])
    assert not np.array_equal(images["one"], images["other"])
    assert (images["one"].dtype, images["one"].shape) == (np.uint8, (6, 1, 28, 28))
    for i, image in enumerate(images["one"]):
        single = np.asarray(Image.open(tmp_path / "one" / f"{i:05d}.png").convert("L"))
        assert np.array_equal(single, image[0])
    assert Image.open(tmp_path / "one" / "grid.png").size == (3 * 30 + 2, 2 * 30 + 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "settings", "files", "picture", "size"),
    [
        ("interpolate", ["pairs=2", "steps=4"], {"grid.png", "walk.gif"}, "grid.png", (4, 2)),
        ("traverse", ["rows=3", "steps=5"], {"grid.png"}, "grid.png", (5, 3)),
        (
            "directions",
            ["n=4", "bases=2", "steps=3"],
            {"directions.png", "directions.safetensors"},
            "directions.png",
            (6, 4),
        ),
        (
            "invert",
            ["index=[3,17]", "draws=20", "steps=5"],
            {"inversion.png", "latents.safetensors"},
            "inversion.png",
            (3, 2),
        ),
    ],
)
def test_latent_space_is_shown_from_a_run(
    run: Path,
    tmp_path: Path,
    verb: str,
    settings: list[str],
    files: set[str],
    picture: str,
    size: tuple[int, int],
) -> None:
    printed = succeed(tmp_path, verb, f"ckpt={run}", *settings, "hydra.run.dir=out")
    assert f"out/{picture}" in printed
    assert {file.name for file in (tmp_path / "out").iterdir()} == files
    columns, rows = size
    assert Image.open(tmp_path / "out" / picture).size == (columns * 30 + 2, rows * 30 + 2)


@pytest.mark.slow
def test_a_sweep_leaves_a_folder_for_each_job(tmp_path: Path) -> None:
    sweep = ["model.latent_dim=2,3", "model.k=1,2", "-m", "name=grid", *SMOKE]
    printed = succeed(tmp_path, "train", *sweep, "trainer.max_steps=3")
    assert printed.count("3 updates") == 4
    first, *_, last = printed.splitlines()
    again = "after a kill, the same command with name=grid"
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


@pytest.mark.slow
def test_a_reader_may_leave_before_the_end(tmp_path: Path, run: Path) -> None:
    info = subprocess.Popen(
        [*FORGER, "info", f"ckpt={run}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert info.stdout is not None
    info.stdout.close()
    assert info.wait() == 1
    assert info.stderr is not None
    assert info.stderr.read() == ""


@pytest.mark.slow
def test_a_job_of_a_sweep_that_is_refused_does_not_stop_the_others(tmp_path: Path) -> None:
    sweep = ["-m", "model.k=0,1", "name=grid", *SMOKE, "trainer.max_steps=2"]
    ended = run_command(tmp_path, "train", *sweep)
    assert ended.returncode == 2
    refused = "refused  outputs/sweeps/grid/0_k-0: model: k (=0) must be at least 1"
    at_once, _, count, at_the_end = ended.stderr.splitlines()
    assert (at_once, count, at_the_end) == (refused, "1 job failed", refused)
    jobs = tmp_path / "outputs" / "sweeps" / "grid"
    assert updates(jobs / "1_k-1") == 2
    assert not (jobs / "0_k-0" / "checkpoints").exists()
    report = succeed(tmp_path, "report", "outputs/sweeps/grid")
    assert report.startswith("2 runs: 1 refused, 1 done.")
    # What a refused job leaves is in nobody's way.
    (jobs / "0_k-0").rename(jobs / "0_k-2")
    sweep[1] = "model.k=2,1"
    assert "done before: outputs/sweeps/grid/1_k-1" in succeed(tmp_path, "train", *sweep)
    assert updates(jobs / "0_k-2") == 2


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
    tmp_path: Path, launcher: str
) -> None:
    (tmp_path / "late.py").write_text(LATE)
    late = ["+callbacks.late._target_=late.Late", "+callbacks.late.at=${seed}"]
    sweep = ["-m", "experiment=gaussian_1d", "~callbacks.densities", "seed=2,3,9", *late]
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
    report = succeed(tmp_path, "report", "outputs/sweeps/late")
    assert report.startswith("3 runs: 2 failed, 1 done.")


@pytest.mark.slow
def test_what_all_jobs_leave_out_is_in_no_jobs_name(tmp_path: Path) -> None:
    sweep = ["-m", "experiment=gaussian_1d", "~callbacks.densities", "~callbacks.measure"]
    succeed(tmp_path, "train", *sweep, "trainer.max_steps=1", "model.k=1,2", "name=s")
    jobs = tmp_path / "outputs" / "sweeps" / "s"
    assert sorted(f.name for f in jobs.iterdir() if f.is_dir()) == ["0_k-1", "1_k-2"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["größe (2)", "a=b it's", "실험"])
def test_a_run_of_any_name_is_named_looked_at_and_gone_on_with_as_it_is_typed(
    tmp_path: Path, name: str
) -> None:
    toy = ["experiment=gaussian_1d", "~callbacks.densities", "trainer.max_steps=2"]
    toy += ["schedule=constant"]
    printed = succeed(tmp_path, "train", *toy, f"name={name}")
    run = f"outputs/runs/gaussian_1d/{name}"
    assert updates(tmp_path / run) == 2
    (look,) = set(re.findall("^look +(.*)$", printed, re.MULTILINE))
    assert shlex.split(look) == ["tensorboard", "--logdir", run]
    succeed(tmp_path, "sample", f"ckpt={run}", "n=4", "npz=true")
    again = succeed(tmp_path, "info", f"ckpt={run}")
    (repeat,) = re.findall("^repeat +forger (.*)$", again, re.MULTILINE)
    succeed(tmp_path, *shlex.split(repeat), f"name={name}")
    assert updates(tmp_path / "outputs" / "runs" / "repeat" / name) == 2
    succeed(tmp_path, "train", f"resume={run}", "trainer.max_steps=3")
    assert updates(tmp_path / run) == 3
    succeed(tmp_path, "report", run)
    succeed(tmp_path, "train", "-m", *toy, f"name={name}", "model.k=1,2")
    assert len(list((tmp_path / "outputs" / "sweeps" / name).glob("*_k-*"))) == 2


@pytest.mark.slow
def test_warnings_that_are_not_true_are_not_shown_and_what_a_profiler_says_is(
    tmp_path: Path,
) -> None:
    srun = tmp_path / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text("#!/bin/sh\n")
    srun.chmod(0o755)
    path = f"{srun.parent}:{os.environ['PATH']}"
    few = ["experiment=gaussian_1d", "~callbacks.densities", "data.size=200", "data.batch_size=64"]
    few += ["trainer.max_steps=4", "callbacks.measure.n=100", "model.k=1"]
    quiet = new_interpreter(tmp_path, "train", *few, PATH=path)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    profiled = run_command(tmp_path, "train", *few, "+trainer.profiler=simple", PATH=path)
    assert profiled.returncode == 0
    assert "Profiler Report" in profiled.stdout + profiled.stderr


@pytest.mark.slow
def test_without_the_progress_callback_there_is_no_bar_and_without_tensorboard_no_such_line(
    tmp_path: Path,
) -> None:
    toy = ["experiment=gaussian_1d", "~callbacks.densities", "~callbacks.progress", "~logger"]
    printed = succeed(tmp_path, "train", *toy, "trainer.max_steps=4", "trainer.log_every_n_steps=2")
    assert "Epoch" not in printed
    assert "/4" not in printed
    assert "tensorboard" not in printed
    assert printed.startswith("run      outputs/runs/gaussian_1d/")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["train", "model.k=0"], {"HYDRA_FULL_ERROR": "1"}),
        (["train", "modl.k=0"], {"HYDRA_FULL_ERROR": "1"}),
        (["train", "model.k=0", "debug=smoke"], {"HYDRA_FULL_ERROR": "1"}),
    ],
)
def test_who_wants_the_trace_can_have_it(
    tmp_path: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    ended = run_command(tmp_path, *arguments, **environment)
    assert ended.returncode == 1
    assert "Traceback (most recent call last)" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["sample", "train"])
def test_ctrl_c_ends_a_verb_without_a_trace_or_an_empty_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: str,
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "")
    monkeypatch.setattr(sys, "argv", ["forger", verb, *(["ckpt=x"] if verb == "sample" else [])])
    monkeypatch.setattr(importlib.import_module(f"forger.verbs.{verb}"), "run", interrupted)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr().err == "\nforger: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_a_smoke_test_is_refused_in_a_sentence_like_any_run(tmp_path: Path) -> None:
    ended = run_command(tmp_path, "train", "model.k=0", "debug=smoke")
    assert ended.returncode == 2
    assert ended.stderr == "forger: model: k (=0) must be at least 1\n"


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["forger", "--version"])
        main()
    assert capsys.readouterr().out == f"forger {version()}\n"
