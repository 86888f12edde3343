"""Runs that end before their time, by a signal, a kill or a full disk, and go on."""

import json
import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from command_line import Command, interrupt, run_command
from compare_runs import assert_same_run, summary
from forger.runs.curves import read_curves
from full_disk import full_disk
from tiny import POINTS, RING, events

Forger = Callable[..., str]


# What has a state to lose: of points a schedule, a lazy penalty, k minibatches and measurements; of
# images dropout and an augmentation.
KILLED = {
    "points": [
        *RING,
        "schedule=cosine",
        "penalty.r1.every=4",
        "model.k=3",
        "callbacks.measure.every_n_updates=10",
    ],
    "images": [
        *("data=image_folder", "data.folder=images", "data.root=cache"),
        *("data.shape=[1,8,8]", "data.batch_size=4", "~callbacks.measure", "~callbacks.best"),
        *("generator=mlp", "generator.widths=[8]"),
        *("discriminator=maxout", "discriminator.units=[8,8]"),
        *("penalty=[r2]", "augment=[translation]"),
    ],
}


def leave_images(folder: Path) -> None:
    """Sixteen images of noise."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(256, size=(16, 8, 8), dtype=np.uint8)
    for number, image in enumerate(noise):
        Image.fromarray(image).save(folder / f"{number}.png")


@pytest.mark.slow
@pytest.mark.parametrize("settings", KILLED.values(), ids=KILLED.keys())
def test_a_run_killed_again_and_again_equals_one_never_killed(
    tmp_path: Path, settings: list[str]
) -> None:
    leave_images(tmp_path / "images")
    often = ["trainer.log_every_n_steps=1", "callbacks.checkpoint.every_n_updates=7"]
    moments = random.Random()

    def start(name: str) -> Command:
        named = [f"name={name}", "hydra.run.dir=${name}"]
        return Command(tmp_path, "train", *settings, "trainer.max_steps=60", *often, *named)

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for first in (0, 10, 20, 30):
        moment = moments.randrange(first, first + 12)
        command = start("killed")
        while len(read_curves(killed).get("loss/generator", ())) < moment and command.running():
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.02))
        command.send_signal(signal.SIGKILL)
        assert command.wait().returncode == -signal.SIGKILL
    for command in (start("killed"), start("whole")):
        ended = command.wait()
        assert ended.returncode == 0, ended.stderr
    assert len(json.loads((killed / "run.json").read_text())) > 1
    assert list(killed.rglob(".*")) == []
    assert_same_run(killed, whole)
    assert [e.step for e in events(killed).Scalars("loss/generator")] == list(range(1, 61))


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_loses_nothing_and_says_how_to_go_on(
    tmp_path: Path, sent: signal.Signals
) -> None:
    settings = [*RING, "name=told", "trainer.max_steps=1000000"]
    run = tmp_path / "outputs" / "runs" / "ring" / "told"
    told = interrupt(tmp_path, run, sent, "train", *settings)
    assert told.returncode == 128 + sent
    assert "go on    forger train resume=outputs/runs/ring/told" in told.stdout
    assert summary(run)["status"] == "interrupted"
    reached = summary(run)["updates"]
    assert (
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == reached
    )

    end = f"trainer.max_steps={reached + 3}"
    for settings in (["resume=outputs/runs/ring/told"], [*RING, "name=whole"]):
        ended = run_command(tmp_path, "train", *settings, end)
        assert ended.returncode == 0, ended.stderr
    assert (summary(run)["status"], summary(run)["updates"]) == ("done", reached + 3)
    assert_same_run(run, run.parent / "whole")


@pytest.mark.slow
def test_a_full_disk_is_told_in_a_sentence_and_costs_no_checkpoint(
    forger: Forger, tmp_path: Path
) -> None:
    forger("train", *POINTS, "generator.widths=[64,64]", "name=full", "trainer.max_steps=2")
    run = tmp_path / "outputs" / "runs" / "default" / "full"
    # Fewer than a checkpoint has.
    with full_disk(30_000):
        said = forger("train", f"resume={run}", "trainer.max_steps=4")
    assert said == f"forger: cannot write {run}/checkpoints/last.ckpt: File too large\n"
    assert [file.name for file in (run / "checkpoints").iterdir()] == ["last.ckpt"]
    assert summary(run)["status"] == "failed"
    assert "done: 4 updates" in forger("train", f"resume={run}", "trainer.max_steps=4")


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
    settings = [*RING, "trainer.max_steps=6"]
    forger("train", *settings, "seed=1", "hydra.run.dir=whole")
    forger("train", *settings, "seed=1", "hydra.run.dir=cut", "trainer.max_steps=4")
    (tmp_path / "cut" / "checkpoints" / "last.ckpt").unlink()
    assert "has no checkpoints/last.ckpt, and has ended" in forger("train", "resume=cut")
    (tmp_path / "cut" / "summary.json").unlink()
    said = forger("train", "resume=cut", "trainer.max_steps=6")
    assert "done: 6 updates" in said
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_the_optimizer_state_of_a_term_is_resumed(forger: Forger, tmp_path: Path) -> None:
    settings = ["data=digits8", "generator=conditional", "generator@generator.body=mlp"]
    settings += ["generator.body.widths=[6]", "+term=contrastive", "term.contrastive.size=4"]
    settings += ["discriminator=heads", "discriminator@discriminator.body=mlp"]
    settings += ["discriminator.body.widths=[6]", "+discriminator.heads.embedding=4"]
    settings += ["~callbacks.measure", "~callbacks.best", "trainer.log_every_n_steps=1"]
    forger("train", *settings, "trainer.max_steps=4", "hydra.run.dir=whole")
    forger("train", *settings, "trainer.max_steps=2", "hydra.run.dir=cut")
    assert "done: 4 updates" in forger("train", "resume=cut", "trainer.max_steps=4")
    assert_same_run(tmp_path / "whole", tmp_path / "cut")
