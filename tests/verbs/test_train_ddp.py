"""Two processes train as one does on both of their minibatches."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import softplus

from command_line import Command
from forger.config.build import build, build_data
from forger.runs.curves import read_curves
from forger.seeds import derive_seed
from forger.sweeps.isolation import isolated
from forger.training.trainer import lightning_trainer
from tiny import composed, same

UPDATES, M = 4, 8
SETTINGS = [
    *("generator=mlp", "discriminator=mlp", "generator.widths=[16]", "discriminator.widths=[16]"),
    *("generator.batch_norm=false", "optimizer=sgd", f"data.batch_size={M}", "model.k=1"),
    *("schedule=constant", f"trainer.max_steps={UPDATES}", "trainer.log_every_n_steps=2"),
    *("callbacks.measure.n=64", "callbacks.measure.every_n_updates=2", "model.ema_halflife=100"),
    "model.ema_rampup=null",
]
DDP = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "trainer.precision=32-true"]


def joint() -> tuple[dict[str, Any], list[float]]:
    """The weights after Algorithm 1 on both minibatches and both ranks' noise, and D's losses."""
    gan = build(composed(*SETTINGS))
    g_sgd, d_sgd = gan.configure_optimizers()[0]
    assert gan.ema is not None
    data = build_data(composed(*SETTINGS, f"data.batch_size={2 * M}"))
    data.setup()
    losses = []
    for update, (images, _) in zip(range(UPDATES), data.train_dataloader(), strict=False):
        draws: list[torch.Tensor] = []
        for rank in (0, 1):
            torch.manual_seed(derive_seed(0, rank, update))
            draws.append(torch.stack([torch.randn(M, gan.latent_dim) for _ in range(2)]))
        z = torch.cat(draws, dim=1)
        real = images / 127.5 - 1
        fake = gan.generator(z[0]).detach()
        loss = softplus(-gan.discriminator(real)).mean() + softplus(gan.discriminator(fake)).mean()
        step(d_sgd, loss)
        losses.append(loss.item())
        step(g_sgd, softplus(-gan.discriminator(gan.generator(z[1]))).mean())
        with torch.no_grad():
            for old, new in zip(gan.ema.parameters(), gan.generator.parameters(), strict=True):
                old.lerp_(new, 1 - 0.5 ** (2 * M / 100))
    return dict(gan.state_dict()), losses


def step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def torchrun(folder: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    """`forger train` in two processes."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [sys.executable, *launcher, "-m", "forger.cli", "train", *settings]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def two_processes(folder: Path, *settings: str) -> list[subprocess.CompletedProcess[str]]:
    """`forger train` in two processes as torchrun would start them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "none"}
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    commands = [
        Command(folder, "train", *settings, **shared, RANK=rank, LOCAL_RANK=rank)
        for rank in ("0", "1")
    ]
    return [command.wait() for command in commands]


@pytest.mark.slow
def test_two_processes_train_as_one_on_both_minibatches(tmp_path: Path) -> None:
    ended = torchrun(tmp_path, *SETTINGS, *DDP, "name=two")
    assert ended.returncode == 0, ended.stderr
    run = tmp_path / "outputs" / "runs" / "default" / "two"
    expected, losses = joint()
    last = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["global_step"] == UPDATES
    torch.testing.assert_close(dict(last["state_dict"]), expected, rtol=1e-4, atol=1e-6)

    # Each file has one writer, each point one line, and each loss is the mean over both.
    assert len(json.loads((run / "run.json").read_text())) == 1
    assert ended.stdout.count("done: 4 updates") == 1
    assert ended.stdout.count("metrics  fid ") == 1
    assert len(list(run.glob("events.out.tfevents.*"))) == 1
    lines = [json.loads(line) for line in (run / "curves.jsonl").read_text().splitlines()]
    points = [(name, line["step"]) for line in lines for name in line if name != "step"]
    assert len(set(points)) == len(points)
    assert ("metric/fid", UPDATES) in points
    means = {2: sum(losses[:2]) / 2, 4: sum(losses[2:]) / 2}
    assert read_curves(run)["loss/discriminator"] == pytest.approx(means, rel=1e-4)


TOLD = """
import signal
from pytorch_lightning import Callback

class Told(Callback):
    def on_before_optimizer_step(self, trainer, gan, optimizer):
        one = trainer.global_rank == 1 and optimizer is trainer.optimizers[1]
        if one and trainer.global_step == 4:
            signal.raise_signal(signal.SIGTERM)
"""


@pytest.mark.slow
def test_two_processes_of_which_one_is_told_to_stop_stop_together_and_go_on(
    tmp_path: Path,
) -> None:
    (tmp_path / "told.py").write_text(TOLD)
    start = [*SETTINGS, *DDP, "trainer.max_steps=9"]
    told = "+callbacks.told._target_=told.Told"
    ended = two_processes(tmp_path, *start, "name=told", told)
    assert [end.returncode for end in ended] == [128 + signal.SIGTERM] * 2, ended
    assert "stopping at the end of this logging interval" in ended[1].stderr
    run = tmp_path / "outputs" / "runs" / "default" / "told"
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["status"], summary["updates"]) == ("interrupted", 6)

    again = two_processes(tmp_path, f"resume={run}", "trust=[told]", *DDP[1:])
    assert "".join(end.stdout for end in again).count("goes on  from update 6") == 1, again
    whole = two_processes(tmp_path, *start, "name=whole")
    assert [end.returncode for end in again + whole] == [0] * 4, again + whole
    one, other = (
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
        for folder in (run, run.parent / "whole")
    )
    assert one["global_step"] == other["global_step"] == 9
    assert same(one["state_dict"], other["state_dict"])


@pytest.mark.slow
def test_processes_without_a_common_seed_are_refused_before_one_is_drawn(
    tmp_path: Path,
) -> None:
    ended = torchrun(tmp_path, *SETTINGS, *DDP, "name=two", "seed=null")
    assert "each process has one of its own: give seed=" in ended.stderr
    assert "by chance" not in ended.stdout, ended


def test_a_seed_by_chance_that_a_file_sets_is_refused_for_several_processes(
    forger: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    file = tmp_path / "conf" / "experiment" / "chance.yaml"
    file.write_text("# @package _global_\nseed: null\n")
    chance = ["hydra.searchpath=[file://conf]", "experiment=chance"]
    assert "one of its own: give seed=" in forger("train", *SETTINGS, *DDP, *chance, "name=two")


def test_several_devices_without_as_many_processes_are_refused(forger: Callable[..., str]) -> None:
    sentence = forger("train", *SETTINGS, *DDP, "name=two")
    assert "torchrun --nproc-per-node=2 -m forger.cli train name=" in sentence
    assert "give trainer=ddp, on the" in forger("train", *SETTINGS, "trainer.devices=2", "name=two")


@pytest.mark.parametrize("job", ["interactive", "bash", "forger"])
def test_the_tasks_of_srun_are_one_run_wherever_it_was_typed(
    job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = {"JOB_ID": "7", "STEP_ID": "0", "NTASKS": "2", "PROCID": "1", "LOCALID": "1"}
    step |= {"NODEID": "0", "STEP_NUM_TASKS": "2", "STEP_TASKS_PER_NODE": "2", "JOB_NAME": job}
    for name, value in step.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setattr("lightning_utilities.core.rank_zero.rank_zero_only.rank", 0)
    with isolated():
        trainer = lightning_trainer(composed(*DDP), logger=False, enable_checkpointing=False)
    assert trainer.world_size == 2
    assert not trainer.is_global_zero


def test_in_a_shell_of_slurm_several_processes_are_started_by_srun(
    forger: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"JOB_ID": "7", "NTASKS": "2", "JOB_NAME": "interactive"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    sentence = forger("train", *SETTINGS, *DDP, "name=two")
    assert "srun --ntasks-per-node=2 forger train name=" in sentence
    # A batch script that has forgotten srun.
    monkeypatch.setenv("SLURM_JOB_NAME", "job.sh")
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "2")
    for name in ("PROCID", "LOCALID", "NODEID"):
        monkeypatch.setenv(f"SLURM_{name}", "0")
    sentence = forger("train", *SETTINGS, *DDP, "name=two")
    assert "srun --ntasks-per-node=2 forger train name=" in sentence
