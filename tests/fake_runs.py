"""Folders as runs leave them, made without training."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from PIL import Image

from forger.runs.curves import append
from forger.runs.files import write_json


def leave_run(
    folder: Path,
    settings: dict[str, Any],
    curve: dict[int, float],
    status: str | None = "done",
    **summary: Any,
) -> Path:
    """A run of these dotted settings and this curve of metric/fid; without status, no summary."""
    (folder / "config").mkdir(parents=True)
    config = {"name": folder.name, "seed": 0, "loss": {"_target_": "forger.losses.Hinge"}}
    made = OmegaConf.create(config)
    for key, value in settings.items():
        OmegaConf.update(made, key, value, force_add=True)
    OmegaConf.save(made, folder / "config" / "config.yaml")
    (folder / "run.json").write_text("[]")
    for step, value in curve.items():
        append(folder, {"metric/fid": value, "loss/generator": value / 2}, step)
    if status:
        metrics = {"metric/fid": curve[max(curve)]} if curve else {}
        content = {"status": status, "updates": max(curve, default=0), "seconds": 2.0}
        write_json(folder / "summary.json", content | {"metrics": metrics} | summary)
    Image.new("L", (4, 4)).save(folder / "samples.png")
    return folder


def leave_sweep(root: Path) -> Path:
    """k of 1 and 2, three seeds each; a run of each k failed in its way, and one is under way."""
    finals = {(1, 0): 10.0, (1, 1): 12.0, (1, 2): 14.0, (2, 0): 5.0, (2, 1): 7.0}
    for i, ((k, seed), final) in enumerate(finals.items()):
        settings = {"model.k": k, "model.of": "${model.k}", "seed": seed}
        leave_run(root / f"{i}_k-{k}_seed-{seed}", settings, {10: final - 1, 20: final})
    diverged = {"model.k": 2, "model.of": "${model.k}", "seed": 2}
    leave_run(root / "5_k-2_seed-2", diverged, {10: 1.0, 20: float("nan")}, "diverged")
    failed = {"model.k": 2, "model.of": "${model.k}", "seed": 3}
    leave_run(root / "10_k-2_seed-3", failed, {}, "failed", error="OSError: disk <full>")
    alive = {"model.k": 1, "model.of": "${model.k}", "seed": 3}
    leave_run(root / "11_k-1_seed-3", alive, {10: 3.0}, None)
    return root
