"""`forger train`: its seeds, its determinism, and runs that are repeated."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from compare_runs import assert_same_run, recorded_seed, summary
from forger.sweeps.isolation import isolated
from tiny import LINE, POINTS, RING, same

Forger = Callable[..., str]


@pytest.mark.slow
def test_a_seed_by_chance_is_printed_recorded_and_makes_the_same_run_again(
    forger: Forger, tmp_path: Path
) -> None:
    line = [*LINE, "trainer.max_steps=2"]
    printed = forger("train", *line, "seed=null", "name=chance")
    runs = tmp_path / "outputs" / "runs" / "gaussian_1d"
    seed = recorded_seed(runs / "chance")
    assert f"seed     {seed}, by chance" in printed
    forger("train", *line, f"seed={seed}", "name=again")
    assert_same_run(runs / "chance", runs / "again")


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
    sworn = ["+callbacks.sworn._target_=sworn.Sworn", "trainer.max_steps=2"]
    with isolated():
        forger("train", *POINTS, *sworn, "trainer.deterministic=true")


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(
    forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    (tmp_path / "outputs").touch()
    for verb in (["train", *POINTS], ["sample", f"ckpt={ckpt}"]):
        said = r"forger: cannot write outputs/\S+: Not a directory; give another folder by .*\n"
        assert re.fullmatch(said, forger(*verb))


MOVED = """
from pathlib import Path
from pytorch_lightning import Callback

class Moved(Callback):
    def on_train_batch_start(self, trainer, *_) -> None:
        if trainer.global_step == 3:
            Path("run").rename("moved")
"""


def test_nothing_is_written_where_a_folder_was_that_was_moved(
    forger: Forger, tmp_path: Path
) -> None:
    (tmp_path / "moving.py").write_text(MOVED)
    moving = ["+callbacks.moved._target_=moving.Moved", "hydra.run.dir=run"]
    often = ["trainer.max_steps=8", "callbacks.checkpoint.every_n_updates=2"]
    said = forger("train", *POINTS, *often, *moving)
    assert said.startswith(f"forger: {tmp_path}/run was moved or removed while its run")
    assert not Path("run").exists()
    assert {"run.json", "config"} <= {path.name for path in Path("moved").iterdir()}


def test_a_run_is_not_repeated_with_networks_beyond_the_memory(
    forger: Forger, tmp_path: Path
) -> None:
    forger("train", *POINTS, "trainer.max_steps=1", "name=r")
    file = tmp_path / "outputs/runs/default/r/config/config.yaml"
    config = OmegaConf.load(file)
    config.generator.widths = [10**6, 10**6]
    OmegaConf.save(config, file)
    said = forger("train", "repeat=outputs/runs/default/r")
    assert "the networks would take 4e+03 GB" in said or "GB, and this machine's memory" in said


def test_a_repeated_run_can_be_named(forger: Forger) -> None:
    forger("train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run")
    forger("train", "repeat=run", "name=other")
    one, other = (
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for run in (Path("run"), Path("outputs/runs/repeat/other"))
    )
    assert same(one, other)


def test_a_run_is_repeated_by_its_configuration_alone(forger: Forger) -> None:
    forger("train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run")
    Path("run/checkpoints/last.ckpt").unlink()
    forger("train", "repeat=run", "name=other")
    assert summary(Path("outputs/runs/repeat/other"))["status"] == "done"


def test_a_run_repeated_several_times_is_a_sweep(forger: Forger) -> None:
    forger("train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run")
    said = forger("train", "repeat=run", "-m", "seed=0,1", "name=several")
    assert "sweep    outputs/sweeps/several" in said
    jobs = Path("outputs/sweeps/several")
    assert [summary(jobs / f"{seed}_seed-{seed}")["status"] for seed in (0, 1)] == ["done"] * 2
    forger("train", "resume=run", "-m", "seed=0,1")
    assert not Path("multirun").exists()


def test_an_objective_that_nothing_measures_is_told(forger: Forger) -> None:
    settings = ["train", *RING, "trainer.max_steps=2", "hydra.run.dir=a"]
    line = "objective (=metric/spreed) is not measured: did you mean metric/spread?"
    assert line not in forger(*settings)
    settings[-1] = "hydra.run.dir=b"
    assert line in forger(*settings, "objective=metric/spreed")
