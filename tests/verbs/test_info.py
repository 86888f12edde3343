import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tiny import same

Forger = Callable[..., str]
RUN = ["data=swiss_roll", "generator=mlp", "generator.output=identity", "discriminator=mlp"]
RUN += ["callbacks=[checkpoint,curves]"]


@pytest.mark.slow
def test_a_run_is_told_in_full_and_its_command_makes_the_same_weights(
    forger: Forger, tmp_path: Path
) -> None:
    settings = ["seed=3", "trainer.max_steps=3", "callbacks.curves.every_n_updates=2", "name=one"]
    forger("train", *RUN, *settings, "~logger")
    run = tmp_path / "outputs" / "runs" / "default" / "one"
    said = forger("info", f"ckpt={run}")
    (start,) = json.loads((run / "run.json").read_text())
    assert re.search(r"^updates +3$", said, re.MULTILINE)
    assert re.search(r"^status +done$", said, re.MULTILINE)
    assert re.search(r"^discriminator +forger\.networks\.mlp\.Discriminator$", said, re.MULTILINE)
    assert re.search(r"^loss/generator +\S+ at update 2$", said, re.MULTILINE)
    assert re.search(r"^command +forger train data=swiss_roll", said, re.MULTILINE)
    for part in (start["data_sha256"], start["git_commit"], "_target_: forger.gan.GAN"):
        assert part is None or part in said
    command = shlex.split(said.splitlines()[-1].removeprefix("repeat "))
    assert command[:2] == ["forger", "train"]
    forger(*command[1:])
    (again,) = (tmp_path / "outputs" / "runs" / "repeat").iterdir()
    states = [
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
        for folder in (run, again)
    ]
    for part in ("global_step", "state_dict", "optimizer_states"):
        assert same(states[0][part], states[1][part])


def test_a_checkpoint_alone_tells_its_configuration_and_clock(forger: Forger, ckpt: Path) -> None:
    contents = torch.load(ckpt, weights_only=True)
    # Nothing of it is made.
    contents["config"]["loss"] = {"_target_": "os.system", "command": "touch harm"}
    torch.save(contents, ckpt)
    said = forger("info", f"ckpt={ckpt}")
    assert re.search(r"^updates +7$", said, re.MULTILINE)
    assert "latent_dim: 4" in said
    assert "_target_: os.system" in said
    assert "forger train repeat=" not in said
    assert not (ckpt.parent / "harm").exists()


def test_texts_of_a_stranger_do_not_command_the_terminal(forger: Forger, ckpt: Path) -> None:
    contents = torch.load(ckpt, weights_only=True)
    contents["config"]["data"]["class_names"] = ["cat\x1b[2J", "dog\nstatus  done"]
    contents["config"]["data"]["folder"] = "\u202epics"
    torch.save(contents, ckpt)
    said = forger("info", f"ckpt={ckpt}")
    assert r"0 cat\x1b[2J, 1 dog\nstatus  done" in said
    assert not set(said) & set("\x1b\u202e")


def test_a_reader_who_has_read_enough_is_no_error(ckpt: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "forger.cli", "info", f"ckpt={ckpt}"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 1
