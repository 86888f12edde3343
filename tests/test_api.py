"""Forger from Python: the verbs of the command line as functions."""

import json
import os
import random
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import hydra
import numpy as np
import pytest
import torch

import forger
from command_line import succeed
from forger.sweeps.isolation import isolated

ROOT = Path(__file__).parents[1]
TINY = ("experiment=ring", "trainer.max_steps=6", "trainer.log_every_n_steps=2", "data.size=600")
TINY += (
    "schedule=constant",
    "callbacks.measure.n=100",
    "generator.widths=[8]",
    "discriminator.widths=[8]",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api")


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def run(folder: Path) -> forger.Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return forger.train(*TINY, "name=here", "model.k=2")


def test_a_run_from_python_is_the_command_lines_to_the_bit(run: forger.Run, folder: Path) -> None:
    assert run.folder == folder / "outputs" / "runs" / "ring" / "here"
    succeed(folder, "train", *TINY, "name=there", "model.k=2")
    there = forger.Run(run.folder.with_name("there"))
    for key, tensor in run.gan.state_dict().items():
        assert torch.equal(tensor, there.gan.state_dict()[key]), key
    (start,) = json.loads((run.folder / "run.json").read_text())
    (other,) = json.loads((there.folder / "run.json").read_text())
    assert start["overrides"] == [o.replace("there", "here") for o in other["overrides"]]
    assert start["command"] == ["forger", "train", *TINY, "name=here", "model.k=2"]


def test_a_run_tells_what_came_of_it(run: forger.Run) -> None:
    assert run.config.model.k == 2
    assert run.summary["status"] == "done"
    assert list(run.curves["loss/generator"]) == [2, 4, 6]
    assert run.summary["metrics"]["metric/fid"] == run.curves["metric/fid"][6]
    assert repr(run) == f"forger.Run({str(run.folder)!r})"


def test_samples_are_those_of_the_checkpoint(run: forger.Run) -> None:
    gan = forger.load(run.folder / "checkpoints" / "last.ckpt")
    assert not gan.training
    assert torch.equal(run.samples(n=5, seed=1), gan.sample(5, seed=1))
    # As conf/sample.yaml has it.
    assert torch.equal(run.samples(), gan.sample(64, seed=0))
    of_numpy: Any = (np.int64(5), np.int32(1))
    assert torch.equal(run.samples(*of_numpy), gan.sample(5, seed=1))
    wrong: Any
    for wrong, sentence in (
        ({"label": 3}, r"label \(=3\) needs a conditional GAN"),
        ({"n": 0}, r"n \(=0\) must be at least 1"),
        ({"n": 2.5}, r"n \(=2.5\) should be a whole number"),
        ({"n": 10**13}, r"n \(=10000000000000\) would take"),
        ({"seed": -1}, r"seed \(=-1\) must be in 0"),
        ({"codes": 3}, r"codes \(=3\) should be a list"),
    ):
        with pytest.raises(forger.ForgerError, match=sentence):
            run.samples(**wrong)


def test_evaluate_returns_what_it_writes(run: forger.Run) -> None:
    found = run.evaluate("n=50", "repeats=2", "metrics=[frechet]")
    written = json.loads((run.folder / "checkpoints" / "last" / "metrics.json").read_text())
    assert found["n"] == 50
    assert len(found["samples"]["fid"]["values"]) == 2
    assert found["samples"]["fid"] == written["samples"]["fid"]
    last = f"ckpt={run.folder}/checkpoints/last.ckpt"
    assert run.evaluate(last, "n=50", "repeats=2", "metrics=[frechet]")["n"] == 50
    with pytest.raises(forger.ForgerError, match=r"ckpt \(=zoo:mnist\) is not of "):
        run.evaluate("ckpt=zoo:mnist")


def test_a_run_is_gone_on_with(run: forger.Run) -> None:
    forger.train(*TINY, "name=longer", "model.k=2", "trainer.max_steps=4")
    resume = f"resume={run.folder.with_name('longer')}"
    longer = forger.train(resume, "trainer.max_steps=6")
    for key, tensor in run.gan.state_dict().items():
        assert torch.equal(tensor, longer.gan.state_dict()[key]), key
    assert list(longer.curves["loss/generator"]) == [2, 4, 6]


def test_threads_take_turns_also_within_an_application_of_hydras(run: forger.Run) -> None:
    alone = run.samples(3, seed=1)
    with hydra.initialize(version_base=None):
        with ThreadPoolExecutor(4) as pool:
            for samples in pool.map(lambda _: run.samples(3, seed=1), range(4)):
                assert torch.equal(samples, alone)
        with pytest.raises(forger.ForgerError, match="nonsense is not a setting"):
            forger.train("nonsense=1")
        assert hydra.compose(overrides=["+still=there"]) == {"still": "there"}


def test_threads_that_load_take_turns(run: forger.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both would change the default type of the process, and one put back what the other has."""
    both = Barrier(2, timeout=0.2)
    monkeypatch.setattr("forger.api.load_checkpoint", lambda *_: both.wait())
    with ThreadPoolExecutor(2) as pool:
        loads = [pool.submit(forger.load, run.folder) for _ in range(2)]
    assert [type(load.exception()) for load in loads] == [BrokenBarrierError] * 2


def test_the_process_is_afterwards_as_it_was() -> None:
    argv, environment, threads = list(sys.argv), dict(os.environ), torch.get_num_threads()
    torch.manual_seed(3)
    random.seed(3)
    state, other = torch.get_rng_state(), random.getstate()
    forger.train(*TINY, "seed=5", "name=quiet")
    quiet = "outputs/runs/ring/quiet"
    samples = forger.load(quiet).sample(3, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert random.getstate() == other
    with isolated():
        torch.set_default_dtype(torch.float64)
        assert torch.equal(forger.load(quiet).sample(3, seed=0), samples)
    assert (sys.argv, dict(os.environ), torch.get_num_threads()) == (argv, environment, threads)


def test_compose_gives_what_would_be_trained(folder: Path) -> None:
    config = forger.compose(["loss=hinge", "model.latent_dim=3", "name=größe"])
    assert config.loss._target_ == "forger.losses.Hinge"
    assert config.generator.latent_dim == 3
    assert config.name == "größe"
    assert "hydra" not in config
    assert forger.compose().loss._target_ == "forger.losses.NonSaturating"
    given: Any = (setting for setting in ["model.k=2"])
    assert forger.compose(given).model.k == 2


def test_settings_that_are_no_texts_are_told() -> None:
    text: Any = "model.k=2"
    with pytest.raises(forger.ForgerError, match=r"settings .* should be texts, such as \['model"):
        forger.compose(text)
    listed: Any = ["model.k=2"]
    with pytest.raises(forger.ForgerError, match=r"such as 'model.k=2', 'seed=1'$"):
        forger.train(listed)
    with pytest.raises(forger.ForgerError, match=r"trust \(=mine\) .* such as \['my_package'\]$"):
        forger.load("zoo:mnist", trust="mine")


def test_what_is_no_path_is_no_run_folder() -> None:
    nothing: Any = None
    with pytest.raises(forger.ForgerError, match="None is not a run folder: give one such as"):
        forger.Run(nothing)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("modl.k=2", "modl.k is not a setting: did you mean model.k?"),
        ("loss=hing", "loss has no option hing: did you mean hinge?"),
        ("model.k=two", "model.k .=two. should be a whole number"),
        ("model.k", "cannot read model.k: a setting is KEY=VALUE"),
        ("resume=nowhere", "no file nowhere"),
        ("seed=1,2", "seed=1,2 has several values"),
    ],
)
def test_what_the_command_line_refuses_is_raised(setting: str, sentence: str) -> None:
    argv = list(sys.argv)
    for refused in (lambda: forger.train(setting), lambda: forger.compose([setting])):
        with pytest.raises(forger.ForgerError, match=sentence):
            refused()
    assert sys.argv == argv


def test_a_refused_run_leaves_no_folder(folder: Path) -> None:
    with pytest.raises(forger.ForgerError, match=r"k \(=0\)"):
        forger.train("model.k=0", "name=refused")
    assert not list(folder.rglob("refused"))


def test_an_error_is_its_sentence_without_the_errors_behind_it(folder: Path) -> None:
    for call in (lambda: forger.train("experiment=rnig"), lambda: forger.compose(["loss=hnige"])):
        with pytest.raises(forger.ForgerError, match="did you mean") as refused:
            call()
        assert refused.value.__cause__ is None
        assert len("".join(traceback.format_exception(refused.value)).splitlines()) < 20


def test_what_is_the_command_lines_alone_is_refused() -> None:
    with pytest.raises(forger.ForgerError, match="a sweep runs from the command line only"):
        forger.train("-m", "seed=1,2")
    with pytest.raises(forger.ForgerError, match="-c is for the command line: give settings"):
        forger.train("-c", "job")
    with pytest.raises(forger.ForgerError, match="has no"):
        forger.load(".")
    with pytest.raises(forger.ForgerError, match="nowhere is not a run folder"):
        forger.Run("nowhere")


def test_a_class_from_the_session_is_trusted_once_it_was_trained(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "softer.py").write_text(
        "from forger.networks.mlp import Generator\n\n\nclass Softer(Generator):\n    pass\n"
    )
    monkeypatch.syspath_prepend(folder)
    run = forger.train(*TINY, "generator._target_=softer.Softer", "name=softer")
    assert run.trust == ["softer"]
    assert len(run.samples(n=3)) == 3
    assert run.evaluate("n=20", "repeats=1")["n"] == 20
    with pytest.raises(forger.ForgerError, match=r"trust=\[softer\]"):
        forger.load(run.folder)
    assert len(forger.load(run.folder, trust=["softer"]).sample(3, seed=0)) == 3


@pytest.mark.slow
def test_the_lines_in_the_readme_run() -> None:
    (lines,) = (ROOT / "README.md").read_text().split("```python\n")[1:]
    names: dict[str, object] = {}
    exec(lines.split("```")[0], names)
    assert isinstance(names["run"], forger.Run)
    assert names["run"].summary["updates"] == 200
