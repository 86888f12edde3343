"""`forger train`: its seeds, its determinism, its memory, and runs that are repeated."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from command_line import new_interpreter
from compare_runs import assert_same_run, recorded_seed, summary
from forger.sweeps.isolation import isolated
from tiny import POINTS, SMALL, TOY, same

Forger = Callable[..., str]


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


def memory(folder: Path, *arguments: str) -> list[float]:
    """Megabytes in use at each multiple of +callbacks.witness.every in the runs of a command."""
    (folder / "witness.py").write_text(WITNESS)
    ended = new_interpreter(
        folder,
        "train",
        *arguments,
        "+callbacks.witness._target_=witness.Witness",
        # Freed data go back to the system at once; glibc would keep blocks at its own pleasure.
        MALLOC_MMAP_THRESHOLD_=str(2**20),
    )
    assert ended.returncode == 0, ended.stderr
    return [int(line) / 2**20 for line in (folder / "memory.txt").read_text().split()]


told_by_linux = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is told by Linux"
)


@pytest.mark.slow
@told_by_linux
def test_memory_does_not_grow_with_the_jobs_of_a_sweep(
    tmp_path: Path,
) -> None:
    settings = ["experiment=gaussian_1d", "trainer.max_steps=2", "data.size=2000000"]  # 24 MB
    settings += ["~callbacks.densities", "+callbacks.witness.every=2"]
    used = memory(tmp_path, "-m", "seed=range(30)", *settings)
    assert len(used) == 30
    assert max(used[2:]) - min(used[2:]) < 20, used


@pytest.mark.slow
@told_by_linux
def test_neither_memory_nor_event_files_grow_with_a_long_run(
    tmp_path: Path,
) -> None:
    settings = ["experiment=gaussian_1d", "trainer.max_steps=20000", "data.batch_size=8"]
    settings += ["~callbacks.densities"]
    used = memory(tmp_path, *settings, "name=long", "+callbacks.witness.every=1000")
    assert len(used) == 20
    assert max(used[2:]) - min(used[2:]) < 5, used
    (file,) = (tmp_path / "outputs" / "runs" / "gaussian_1d" / "long").glob("events.*")
    assert file.stat().st_size < 2 * 2**20


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(
    forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    (tmp_path / "outputs").touch()
    for verb in (["train", *SMALL], ["sample", f"ckpt={ckpt}"]):
        said = r"forger: cannot write outputs/\S+: Not a directory; another folder is given by .*\n"
        assert re.fullmatch(said, forger(*verb))


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
