"""Names of runs."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tiny import LINE

Forger = Callable[..., str]


def updates(run: Path) -> int:
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["größe (2) a=b it's", "실험"])
def test_a_run_may_have_any_name(forger: Forger, tmp_path: Path, name: str) -> None:
    """It is printed and read so that a shell takes it, by every verb."""
    toy = [*LINE, "trainer.max_steps=2", "schedule=constant"]
    printed = forger("train", *toy, f"name={name}")
    run = f"outputs/runs/gaussian_1d/{name}"
    assert updates(tmp_path / run) == 2
    (look,) = set(re.findall("^look +(.*)$", printed, re.MULTILINE))
    assert shlex.split(look) == ["tensorboard", "--logdir", run]
    forger("sample", f"ckpt={run}", "n=4", "npz=true")
    again = forger("info", f"ckpt={run}")
    (repeat,) = re.findall("^repeat +forger (.*)$", again, re.MULTILINE)
    forger(*shlex.split(repeat), f"name={name}")
    assert updates(tmp_path / "outputs" / "runs" / "repeat" / name) == 2
    forger("train", f"resume={run}", "trainer.max_steps=3")
    assert updates(tmp_path / run) == 3
    forger("report", run)
    forger("train", "-m", *toy, f"name={name}", "model.k=1,2")
    assert len(list((tmp_path / "outputs" / "sweeps" / name).glob("*_k-*"))) == 2
