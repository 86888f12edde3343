"""`forger evaluate`: the numbers of a checkpoint, between those of real data and of noise."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Literal

import torch
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.table import Table
from torch import Tensor

from forger.checks import check_positive, enough_memory
from forger.config.build import instantiate_node, sample_bytes, sampler_of
from forger.config.load import load, open_stored_data, read, stored
from forger.config.schema import check, check_parts
from forger.config.settings import Instantiable
from forger.errors import ForgerError, try_call
from forger.figures.image_grid import save_grid
from forger.figures.scatter import scatter
from forger.metrics import evaluator
from forger.metrics.frechet import Frechet, too_few
from forger.metrics.inception import Inception
from forger.metrics.nearest import nearest
from forger.metrics.samples import Samples
from forger.runs.files import write_json
from forger.runs.folder import find_checkpoint
from forger.terminal import show_work

Values = dict[str, float]


@dataclass
class Settings:
    ckpt: str
    trust: list[str]
    data: dict[str, str | None]
    n: int
    repeats: int
    seed: int
    split: Literal["test", "validation"]
    out: str | None
    metrics: dict[str, Instantiable]
    sampler: Instantiable | None


def run(config: DictConfig) -> None:
    """Measure `repeats` draws of n samples, n real training examples and n of noise."""
    check(config, Settings)
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
    data = open_stored_data(gan, config.data, "fit", config.trust, checkpoint)
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

    def measure(what: str, examples: Tensor, labels: Tensor | None) -> Values:
        fake, real = Samples(examples, classifier, labels), splits[config.split]
        context = {"train": splits["train"], "validation": splits["validation"]}
        with show_work(f"measuring {what}"):
            return merge(
                try_call(partial(metric, **context), f"metrics.{name}", fake, real)
                for name, metric in zip(chosen, metrics, strict=True)
            )

    sample = sampler_of(config, gan)
    draws = [sample(config.n, config.seed + i) for i in range(config.repeats)]
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
        "sampler": OmegaConf.to_container(config.sampler) if config.sampler else None,
        "updates": read(checkpoint).get("global_step"),
        "checkpoint": str(checkpoint),
        "evaluator_sha256": classifier and classifier.sha256,
        "data_sha256": data.checksum,
    }
    out = Path(config.out) if config.out else checkpoint.with_suffix("")
    # First, since the folder may be somebody else's.
    Console().print(table(results, kind))
    for metric in metrics:
        if isinstance(metric, Frechet | Inception):
            features = metric.num_features or splits[config.split].features.shape[1]
            if caution := too_few(config.n, len(splits[config.split]), features):
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
