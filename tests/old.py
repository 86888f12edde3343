"""A checkpoint as Forger 0.1.0 wrote it, from written_by_0_1_0.json, which holds all of it."""

import json
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf

FILE = Path(__file__).parent / "written_by_0_1_0.json"


def decoded(value: Any) -> Any:
    """JSON knows no tensors, tuples and numbers as keys: each is a node that says so."""
    if isinstance(value, list):
        return [decoded(part) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"tensor", "dtype"}:
        return torch.tensor(value["tensor"], dtype=getattr(torch, value["dtype"]))
    if value.keys() == {"tuple"}:
        return tuple(decoded(value["tuple"]))
    if value.keys() == {"items"}:
        return {key: decoded(part) for key, part in value["items"]}
    return {key: decoded(part) for key, part in value.items()}


def leave_old_run(folder: Path) -> Path:
    """The run folder of two updates of points, stopped before its schedule's end."""
    contents = decoded(json.loads(FILE.read_text()))
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "config").mkdir()
    torch.save(contents, folder / "checkpoints" / "last.ckpt")
    OmegaConf.save(OmegaConf.create(contents["config"]), folder / "config" / "config.yaml")
    return folder
