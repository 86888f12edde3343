"""`forger evaluate`: the numbers of a checkpoint, between those of real data and of noise."""

import math
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table
from torch import Tensor

from forger.checks import check_positive, enough_memory
from forger.config.build import (
    instantiate_node,
    load,
    open_data,
    read,
    sample_bytes,
    stored,
    try_call,
)
from forger.config.schema import Evaluate, check, check_parts
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.figures.image_grid import save_grid
from forger.figures.scatter import scatter
from forger.metrics import evaluator
from forger.metrics.frechet import too_few
from forger.metrics.nearest import nearest
from forger.metrics.samples import Samples
from forger.runs.files import write_json
from forger.runs.folder import find_checkpoint

Values = dict[str, float]


def run(config: DictConfig) -> dict[str, Any]:
    """Measure `repeats` draws of n samples, n real training examples and n of noise.

    Returns what is in metrics.json.
    """
    check(config, Evaluate)
    if not config.metrics:
        raise ForgerError("metrics is empty, so nothing is measured: give metrics=[frechet], say")
    check_positive(n=config.n, repeats=config.repeats)
    checkpoint = find_checkpoint(config.ckpt)
    gan = load(checkpoint, config.trust)
    enough_memory(
        config.n * (config.repeats + 1) * sample_bytes(gan), n=config.n, repeats=config.repeats
    )
    points = gan.value_range is None
    chosen = config.metrics
    if points:
        # The metrics chosen here are those of images.
        chosen = stored({"config": gan.config}, ["metrics"], config.trust, checkpoint).metrics
        check_parts(gan.config, ["metrics"])
    data: InMemory = open_data(gan, config.data, "fit", config.trust, checkpoint)
    classifier = None
    if data.evaluator is not None:
        classifier = evaluator.load(evaluator.find(data.evaluator, data.root))
    for name in {"validation", config.split}:
        if len(data.splits[name].examples) == 0:
            raise ForgerError(
                f"{checkpoint} was trained on data without {name} examples: there is nothing to"
                " measure samples against"
            )
    splits = {
        name: Samples(split.examples, classifier, split.labels)
        for name, split in data.splits.items()
    }
    kind = "points" if points else "images"
    metrics = [instantiate_node(chosen, name) for name in chosen]

    console = Console()

    def measure(what: str, examples: Tensor, labels: Tensor | None) -> Values:
        fake, real = Samples(examples, classifier, labels), splits[config.split]
        context = {"train": splits["train"], "validation": splits["validation"]}
        with console.status(f"measuring {what}"):
            return merge(
                try_call(partial(metric, **context), f"metrics.{name}", fake, real)
                for name, metric in zip(chosen, metrics, strict=True)
            )

    draws = [gan.sample(config.n, config.seed + i) for i in range(config.repeats)]
    asked = gan.labels(config.n)
    measured = [
        measure(f"samples, {i} of {len(draws)}", examples, asked)
        for i, examples in enumerate(draws, 1)
    ]
    generator = torch.Generator().manual_seed(config.seed)
    train, train_labels = data.splits["train"]
    some = torch.randperm(len(train), generator=generator)[: config.n]
    if points:
        low, high = train.amin(0), train.amax(0)
        noise = low + (high - low) * torch.rand(draws[0].shape, generator=generator)
    else:
        noise = torch.randint(256, draws[0].shape, generator=generator, dtype=torch.uint8)
    results: dict[str, Any] = {
        "samples": summary(measured),
        "real": measure(f"real {kind}", train[some], train_labels[some]),
        "noise": measure("noise", noise, asked),
        "n": config.n,
        "repeats": config.repeats,
        "seed": config.seed,
        "split": config.split,
        "updates": read(checkpoint).get("global_step"),
        "checkpoint": str(checkpoint),
        "evaluator_sha256": classifier and classifier.sha256,
        "data_sha256": data.checksum,
    }
    out = Path(config.out) if config.out else checkpoint.with_suffix("")
    # First, since the folder may be somebody else's.
    console.print(table(results, kind))
    if "frechet" in chosen and (
        caution := too_few(
            config.n, len(splits[config.split]), splits[config.split].features.shape[1]
        )
    ):
        print(f"metrics  {caution}: give n, or measure by metrics.kernel")
    write_json(out / "metrics.json", results)
    print(f"numbers  {out / 'metrics.json'}")
    if not points:
        neighbours, _ = nearest(draws[0][:32], train)
        pairs = torch.stack([draws[0][:32], train[neighbours]], dim=1).flatten(0, 1)
        save_grid(pairs, 16, out / "nearest.png")
        print(f"picture  {out / 'nearest.png'}, each sample left of its nearest training image")
    elif data.shape == (2,):
        save_grid(scatter(draws[0], train)[None], 1, out / "points.png")
        print(f"picture  {out / 'points.png'}, samples over training points")
    return results


def merge(values: Iterable[Values]) -> Values:
    return {name: float(value) for part in values for name, value in part.items()}


def summary(draws: list[Values]) -> dict[str, dict[str, Any]]:
    """Mean, standard deviation over draws (None for one) and the values, for each metric."""
    columns = {name: [draw.get(name, math.nan) for draw in draws] for name in draws[0]}
    return {
        name: {
            "mean": mean(values),
            "std": torch.tensor(values, dtype=torch.float64).std().item()
            if len(values) > 1
            else None,
            "values": values,
        }
        for name, values in columns.items()
    }


def table(results: dict[str, Any], kind: str) -> Table:
    lines = Table(title=f"{results['n']} samples against the {results['split']} {kind}")
    for column in ("metric", "samples", "± over draws", f"real {kind}", "noise"):
        lines.add_column(column, justify="left" if column == "metric" else "right")
    for name, sample in results["samples"].items():
        spread = "" if sample["std"] is None else f"{sample['std']:.3g}"
        # A class so rare that a draw has none of it has no number there.
        real, noise = (results[row].get(name, math.nan) for row in ("real", "noise"))
        lines.add_row(name, f"{sample['mean']:.4g}", spread, f"{real:.4g}", f"{noise:.4g}")
    return lines
