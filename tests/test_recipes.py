"""The recipes of the documentation, as they stand there, train and go on to the same bits."""

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch

from compare_runs import assert_same_run
from forger.data.minibatches import Split
from forger.runs.curves import read_curves
from tiny import RING

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / name for name in ("researcher.md", "from_other_projects.md")]
PROJECT = '[tool.forger]\nconf = "conf"\npackage = "my_project"\n'
MARKED = """
    from forger.networks.mlp import Generator


    class Marked(Generator):
        def __init__(self, **settings):
            super().__init__(**settings)
            for parameter in self.layers[0].parameters():
                parameter.rate = 0.01
"""
THEIRS = """
    from torch import nn


    class TheirGenerator(nn.Sequential):
        def __init__(self):
            super().__init__(nn.ConvTranspose2d(100, 1, 8), nn.Tanh())
"""
MARKED_YAML = "defaults: [mlp, _self_]\n_target_: my_project.network.Marked\n"
State = Mapping[str, Any]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with the files of the pages."""
    pages = "".join(page.read_text() for page in PAGES)
    for text in re.findall(r"(?s)```(?:python|yaml)\n(.*?)```", pages):
        first, _, rest = text.partition("\n")
        file = tmp_path / first.removeprefix("# ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rest)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "my_project" / "network.py").write_text(dedent(MARKED))
    (tmp_path / "my_project" / "their_script.py").write_text(dedent(THEIRS))
    (tmp_path / "conf" / "generator" / "marked.yaml").write_text(MARKED_YAML)
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_project"]:
        monkeypatch.delitem(sys.modules, name)


def check_top_k(run: Path, state: State) -> None:
    # Means of 256 and 230, 207 and 186: 0.9 times as many for each update.
    assert list(read_curves(run)["top_k/count"].values()) == [243, 196.5]


def check_rates(run: Path, state: State) -> None:
    slow, fast = state["optimizer_states"][0]["param_groups"]
    assert (fast["lr"], slow["lr"]) == (2e-3, pytest.approx(2e-5))
    assert len(slow["params"]) == 2


def check_diffusion(run: Path, state: State) -> None:
    # Each update makes the diffusion longer by a step.
    assert state["state_dict"]["longest"] == 10 + 4


def check_cycle(run: Path, state: State) -> None:
    assert len(state["optimizer_states"]) == 4
    assert "loss/cycle" in read_curves(run)


def check_streamed(run: Path, state: State) -> None:
    (position,) = state["loops"]["fit_loop"]["state_dict"]["combined_loader"]
    assert position == {"taken": 4}


def check_freeze(run: Path, state: State) -> None:
    # Of four updates the first three are the discriminator's alone.
    of_generator, of_discriminator = (o["state"] for o in state["optimizer_states"])
    assert {float(values["step"]) for values in of_generator.values()} == {1}
    assert {float(values["step"]) for values in of_discriminator.values()} == {4}


RECIPES: dict[str, tuple[list[str], Callable[[Path, State], None]]] = {
    "top_k": (["model=top_k", "model.decay=0.9"], check_top_k),
    "rates": (["optimizer=rates", "generator=marked"], check_rates),
    "diffusion": (["model=diffusion", "discriminator.shape=[3]"], check_diffusion),
    "cycle": (["experiment=cycle"], check_cycle),
    "streamed": (["data=streamed"], check_streamed),
    "freeze": (
        ["+callbacks=freeze_generator", "callbacks.freeze_generator.updates=3"],
        check_freeze,
    ),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trains_and_goes_on_to_the_same_bits(
    forger: Callable[..., str], tmp_path: Path, name: str
) -> None:
    settings, check = RECIPES[name]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    often = ["callbacks.checkpoint.every_n_updates=2", "callbacks.checkpoint.keep_all=true"]
    ring = [s for s in RING if s != "experiment=ring" or name != "cycle"]
    forger("train", *ring, *settings, *often, "trainer.max_steps=4", f"hydra.run.dir={whole}")
    shutil.copytree(whole, cut)
    assert "done: 4 updates" in forger("train", f"resume={cut}/checkpoints/update_000002.ckpt")
    assert_same_run(whole, cut)
    check(whole, torch.load(whole / "checkpoints" / "last.ckpt", weights_only=True))
    assert "samples" in forger("sample", f"ckpt={cut}", "n=2")


def test_the_recipe_of_an_older_generator_trains(forger: Callable[..., str]) -> None:
    data = ["data=digits8", "discriminator=mlp", "~callbacks.measure", "~callbacks.best"]
    settings = ["generator=older", "model.latent_dim=100", "trainer.max_steps=2"]
    assert "done: 2 updates" in forger("train", *data, *settings)


def test_the_recipe_of_weights_draws_each_class_as_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    from my_project.loaders import Balanced  # pyright: ignore[reportMissingImports]

    centres = [[0.0, 0.0], [1.0, 0.0]]
    data = Balanced(centres=centres, std=0.1, size=1000, shape=[2], batch_size=1000, seed=0)
    labels = (torch.arange(1000) < 100).long()
    data.splits["train"] = Split(torch.zeros(1000, 2), labels)
    loader = data.train_dataloader()
    (first,), (second,) = loader, loader
    # One in ten without weights; 0.016 is a standard deviation.
    assert abs(first.labels.float().mean() - 0.5) < 0.08
    assert not torch.equal(first.labels, second.labels)
