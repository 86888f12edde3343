"""The model card of a generator, in the format of Hugging Face: YAML, then Markdown."""

import json
import math
import re
from pathlib import Path
from typing import Any, TypedDict

from forger.data.units import units_of
from forger.gan import GAN
from forger.report.tables import show
from forger.report.templates import render
from forger.report.text import one_line
from forger.runs import zoo
from forger.runs.files import read
from forger.runs.folder import command_of, read_starts, versions

# How each prior is sampled in the code of the card.
PRIORS = {
    "normal": "torch.randn(64, {latent_dim})",
    "uniform": "(torch.rand(64, {latent_dim}) * 2 - 1) * 3**0.5",
}


class Mean(TypedDict):
    """What metrics.json has of a metric: its mean over draws and, of several, their deviation."""

    mean: float | None
    std: float | None


class Metrics(TypedDict):
    """What is read here of metrics.json, which `forger evaluate` wrote."""

    samples: dict[str, Mean]
    real: dict[str, float | None]
    noise: dict[str, float | None]
    n: int
    split: str
    repeats: int


def write_card(
    gan: GAN, checkpoint: Path, updates: int | None, shape: tuple[int, ...], path: Path
) -> None:
    """Write what the generator is, was trained on and scores, beside samples.png.

    checkpoint: the generator's, whose run has its seed, versions and, in metrics.json beside the
    checkpoint, its numbers. shape: that of an example.
    """
    facts = describe(gan, shape) | origin(gan, checkpoint, updates) | numbers(checkpoint)
    path.write_text(render(Path(__file__).with_name("card.md"), **facts), encoding="utf-8")


def describe(gan: GAN, shape: tuple[int, ...]) -> dict[str, Any]:
    """What the generator is, and code that samples from it."""
    images = gan.value_range is not None
    form = "an image of {} x {} x {} (channels, height, width)" if images else "{} numbers"
    names = gan.config["data"].get("class_names") or []
    units = units_of(gan.config)
    return {
        "images": images,
        "latent_dim": gan.latent_dim,
        "classes": gan.classes,
        "columns": ", ".join(units["names"]) if units and len(shape) == 1 else "",
        "label_names": ", ".join(f"{label} {name}" for label, name in enumerate(names)),
        "parameters": sum(weights.numel() for weights in gan.sampling_generator.parameters()),
        "example": form.format(*shape if images else [math.prod(shape)]),
        "code": code(gan, shape),
    }


def code(gan: GAN, shape: tuple[int, ...]) -> str:
    """Lines of Python that make 64 samples, without Forger where its prior has a name."""
    lines = ["import torch"]
    if isinstance(gan.prior, str):
        z = PRIORS[gan.prior].format(latent_dim=gan.latent_dim)
    else:
        lines.append("from hydra.utils import instantiate")
        z = f"instantiate({gan.config['model']['prior']!r})(64, {gan.latent_dim})"
    lines += ["", 'generator = torch.export.load("generator.pt2").module()', f"z = {z}"]
    if gan.classes is not None:
        lines.append(f"label = torch.arange(64) % {gan.classes}")
    given = "z" if gan.classes is None else "z, label"
    sizes = ", ".join(map(str, (64, *shape)))
    comment = f"({sizes}) in [0, 1]" if gan.value_range is not None else f"({sizes})"
    return "\n".join([*lines, "with torch.no_grad():", f"    x = generator({given})  # {comment}"])


def origin(gan: GAN, checkpoint: Path, updates: int | None) -> dict[str, Any]:
    """What the generator was trained on and by."""
    config, run = gan.config, checkpoint.parent.parent
    starts = read_starts(run)
    last = starts[-1] if starts else {}
    # Forger itself makes the command of a start that goes on, with a path on this machine.
    command = command_of(starts[0]) if starts else ""
    if checkpoint.parent == zoo.ZOO:
        command = zoo.about(checkpoint)["command"]
    data = name_of(config["data"])
    from_files = not {"root", "file"}.isdisjoint(config["data"])
    # What comes with Forger has no part of training, such as a loss.
    classes = {
        part: as_code(config[part].get("_target_"))
        for part in ("generator", "discriminator", "loss")
        if part in config
    }
    settings = {
        "generator updates": updates,
        "discriminator updates for each": config["model"].get("k"),
        "examples in a minibatch": config["data"].get("batch_size"),
        "seed": config.get("seed"),
        "SHA-256 of the training examples": last.get("data_sha256"),
        "commit of Forger": last.get("git_commit"),
        "versions": versions(last) if last else None,
    }
    return {
        "title": f"A GAN of {data}",
        "data": data,
        # Only what is read from files has a licence; toys are drawn.
        "licence": (config["data"].get("licence") or "") if from_files else None,
        "classes_of": classes,
        "version": last.get("packages", {}).get("forger"),
        "settings": {name: value for name, value in settings.items() if value is not None},
        "command": one_line(command),
    }


def as_code(name: Any) -> str:
    """The name of a class as code in a table of Markdown, without what would end that."""
    return f"`{re.sub(r'[`|]', '', one_line(str(name)))}`"


def name_of(data: dict[str, Any]) -> str:
    """What to call a data set: its folder or file, torchvision's name of it, or its class."""
    for key in ("folder", "file"):
        if data.get(key):
            return Path(data[key]).name
    dataset = data.get("dataset")
    target = dataset["path"] if isinstance(dataset, dict) else str(data.get("_target_"))
    return target.rpartition(".")[2]


def numbers(checkpoint: Path) -> dict[str, Any]:
    """What `forger evaluate` measured of this checkpoint; no metrics if it has not."""
    file = checkpoint.with_suffix("") / "metrics.json"
    if file.exists():
        found = read(file, json.loads, Metrics, "run forger evaluate again, or remove it")
    elif checkpoint.parent == zoo.ZOO:
        found = zoo.about(checkpoint)["results"]
    else:
        return {"metrics": []}
    metrics = [
        {
            "name": name,
            "mean": sample["mean"],
            "shown": show(sample["mean"])
            + ("" if sample["std"] is None else f" ± {sample['std']:.2g}"),
            **{row: show(found[row].get(name)) for row in ("real", "noise")},
        }
        for name, sample in found["samples"].items()
        # Not finite where it could not be measured.
        if sample["mean"] is not None and math.isfinite(sample["mean"])
    ]
    return {key: found[key] for key in ("n", "split", "repeats")} | {"metrics": metrics}
