"""What a short run leaves in its folder, and what the other verbs make of it."""

import filecmp
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from PIL import Image

from command_line import FORGER, expect_success, new_interpreter
from tiny import events

Forger = Callable[..., str]
SMOKE = ["debug=smoke", "generator=mlp", "discriminator=mlp", "callbacks.measure.n=200"]


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
def test_a_report_takes_its_folder_as_it_stands(forger: Forger, run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "it's here" / "first")
    printed = forger("report", "it's here", "metric=loss/generator")
    assert "1 run: 1 done." in printed
    assert {path.name for path in (tmp_path / "it's here").iterdir()} == {
        "first",
        *(f"report.{suffix}" for suffix in ("html", "md", "tex", "csv")),
        *("means.csv", "mean_curves.csv"),
    }


@pytest.mark.slow
def test_data_that_cannot_be_measured_are_refused_with_a_remedy_that_works(
    forger: Forger,
) -> None:
    command = ["train", *SMOKE[:3], "trainer.max_steps=2", "data.validation_size=0"]
    refused = forger(*command)
    assert refused.startswith("forger: callbacks.measure needs")
    remedy = [word for word in refused.split() if word.startswith("~callbacks.")]
    assert len(remedy) == 2
    assert "done: 2 updates" in forger(*command, *remedy)


@pytest.mark.slow
def test_a_second_run_of_the_same_name_is_refused_and_the_first_stays(
    forger: Forger, workplace: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    before = (run / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    said = forger("train", "trainer.max_steps=1", "name=first")
    assert re.fullmatch(r"forger: .*first holds a run of other settings: give resume=.*\n", said)
    assert (run / "checkpoints" / "last.ckpt").stat().st_mtime_ns == before
    assert OmegaConf.load(run / "config" / "config.yaml").trainer.max_steps == 20


@pytest.mark.slow
def test_resume_goes_on_in_the_same_folder_and_log(
    forger: Forger, workplace: Path, run: Path, tmp_path: Path
) -> None:
    shutil.copytree(workplace / "outputs", tmp_path / "outputs")
    run = tmp_path / run.relative_to(workplace)
    forger("train", f"resume={run}/checkpoints/last.ckpt", "trainer.max_steps=30")
    assert updates(run) == 30
    assert [path.name for path in run.parent.iterdir()] == ["first"]
    starts = json.loads((run / "run.json").read_text())
    assert len(starts) == 2
    assert starts[1]["data_sha256"] == starts[0]["data_sha256"]
    assert [e.step for e in events(run).Scalars("prob/real")] == [5, 10, 15, 20, 25, 30]


@pytest.mark.slow
def test_samples_come_from_the_checkpoint_alone_and_are_a_function_of_the_seed(
    forger: Forger, run: Path, tmp_path: Path
) -> None:
    shutil.copy(run / "checkpoints" / "last.ckpt", tmp_path / "alone.ckpt")
    settings = ["n=6", "columns=3", "singles=true", "npz=true"]
    for out, seed in (("one", 1), ("again", 1), ("other", 2)):
        chosen = ["ckpt=alone.ckpt", f"seed={seed}", f"hydra.run.dir={out}"]
        printed = forger("sample", *chosen, *settings)
        assert f"{out}/grid.png" in printed
        names = sorted(file.name for file in (tmp_path / out).iterdir())
        assert names == ["grid.png", "samples.npz", "singles"]
        singles = sorted(file.name for file in (tmp_path / out / "singles").iterdir())
        assert singles == [f"{i:05d}.png" for i in range(6)]
    images = {}
    for out in ("one", "again", "other"):
        images[out] = np.load(tmp_path / out / "samples.npz")["samples"]
    for name in ("grid.png", "singles/00000.png", "singles/00005.png"):
        assert filecmp.cmp(tmp_path / "one" / name, tmp_path / "again" / name, shallow=False)
    assert np.array_equal(images["one"], images["again"])
    assert not np.array_equal(images["one"], images["other"])
    assert (images["one"].dtype, images["one"].shape) == (np.uint8, (6, 1, 28, 28))
    for i, image in enumerate(images["one"]):
        single = np.asarray(Image.open(tmp_path / "one" / "singles" / f"{i:05d}.png").convert("L"))
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
    forger: Forger,
    run: Path,
    tmp_path: Path,
    verb: str,
    settings: list[str],
    files: set[str],
    picture: str,
    size: tuple[int, int],
) -> None:
    printed = forger(verb, f"ckpt={run}", *settings, "hydra.run.dir=out")
    assert f"out/{picture}" in printed
    assert {file.name for file in (tmp_path / "out").iterdir()} == files
    columns, rows = size
    assert Image.open(tmp_path / "out" / picture).size == (columns * 30 + 2, rows * 30 + 2)


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
