"""What two runs have in common, and what a run says of itself."""

import json
from pathlib import Path

import torch
from omegaconf import OmegaConf

from forger.runs.curves import read_curves
from tiny import events, same


def summary(run: Path) -> dict:
    return json.loads((run / "summary.json").read_text())


def assert_same_run(one: Path, other: Path) -> None:
    """Everything bit for bit but the clock on the wall."""
    states = [
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True) for run in (one, other)
    ]
    for part in ("global_step", "epoch", "state_dict", "optimizer_states"):
        assert same(states[0][part], states[1][part]), part
    pictures = [[file.read_bytes() for file in run.glob("samples.png")] for run in (one, other)]
    assert pictures[0] == pictures[1]
    curves = [
        {name: c for name, c in read_curves(run).items() if not name.startswith("time/")}
        for run in (one, other)
    ]
    assert curves[0] == curves[1]
    values = [
        {n: v for n, v in summary(run)["metrics"].items() if not n.startswith("time/")}
        for run in (one, other)
    ]
    assert values[0] == values[1]
    logs = [[(e.step, e.value) for e in events(r).Scalars("loss/generator")] for r in (one, other)]
    assert logs[0] == logs[1]


def recorded_seed(run: Path) -> int:
    """The seed of a run, which its record, its configuration and its checkpoint agree on."""
    (start,) = json.loads((run / "run.json").read_text())
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    config = OmegaConf.load(run / "config" / "config.yaml")
    assert checkpoint["config"]["seed"] == checkpoint["config"]["data"]["seed"] == start["seed"]
    assert config.seed == start["seed"]
    return start["seed"]
