"""`forger evaluate`: the numbers of a checkpoint, between those of real data and of noise."""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Literal, NamedTuple, cast

import torch
from omegaconf import DictConfig, OmegaConf, open_dict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from torch import Tensor

from forger.checks import check_positive, enough_memory
from forger.config.build import instantiate_node, open_data, sample_bytes, sampler_of
from forger.config.load import load, open_stored_data, read, stored
from forger.config.schema import check, check_parts
from forger.config.settings import Instantiable
from forger.data.image_files import read_images
from forger.data.memory import InMemory
from forger.errors import ForgerError, try_call
from forger.figures.image_grid import save_grid
from forger.figures.scatter import scatter
from forger.metrics import evaluator
from forger.metrics.cache import Values, code, measured_once, sha256
from forger.metrics.evaluator import Evaluator
from forger.metrics.frechet import Frechet, too_few
from forger.metrics.inception import Inception
from forger.metrics.nearest import nearest
from forger.metrics.samples import Samples
from forger.runs.files import write_json
from forger.runs.folder import find_checkpoint
from forger.runs.terminal import in_terminal


@dataclass
class Settings:
    ckpt: str | None
    images: str | None
    trust: list[str]
    data: dict
    n: int
    repeats: int
    seed: int
    split: Literal["test", "validation"]
    out: str | None
    metrics: dict[str, Instantiable]
    sampler: Instantiable | None


class Subject(NamedTuple):
    """What is measured."""

    draws: list[Tensor]
    """Equally many examples each."""
    labels: Tensor | None
    """The classes that those of a draw were asked for."""
    data: InMemory
    """What they are compared with."""
    metrics: DictConfig
    """By name."""
    facts: dict[str, Any]
    """Where the examples are from."""
    out: Path
    """Folder for what is written."""

    @property
    def points(self) -> bool:
        return self.draws[0].ndim == 2


def run(config: DictConfig) -> dict[str, Any]:
    """Measure `repeats` draws of n samples, n real training examples and n of noise.

    Returns what is in metrics.json.
    """
    subject = from_images(config) if config.images else from_checkpoint(config)
    data, draws = subject.data, subject.draws
    check_splits(subject, config.split)
    classifier = None
    if data.evaluator is not None:
        classifier = evaluator.load(evaluator.find(data.evaluator, data.root))
    splits = {
        name: Samples(split.examples, classifier, split.labels)
        for name, split in data.splits.items()
    }
    # What the rows of real data and noise follow from, so that they are measured once and for all.
    facts = {
        "n": len(draws[0]),
        "seed": config.seed,
        "split": config.split,
        "labels": sha256(subject.labels),
        "data": {name: [*map(sha256, split)] for name, split in data.splits.items()},
        "evaluator": classifier and classifier.sha256,
        "torch": torch.__version__,
        "code": code(),
    }
    rows = compared(subject, classifier, config.seed)
    names = list(map(str, subject.metrics))
    metrics = {name: instantiate_node(subject.metrics, name) for name in names}
    *of_samples, real, of_noise = measure(subject, rows, metrics, splits, facts)
    results: dict[str, Any] = {
        "samples": summary(of_samples),
        "real": real,
        "noise": of_noise,
        "n": len(draws[0]),
        "repeats": len(draws),
        "seed": config.seed,
        "split": config.split,
        **subject.facts,
        "evaluator_sha256": classifier and classifier.sha256,
        "data_sha256": data.checksum,
    }
    # First, since the folder may be somebody else's.
    Console().print(table(results, "points" if subject.points else "images"))
    caution_few(metrics, len(draws[0]), splits[config.split])
    write_json(subject.out / "metrics.json", results)
    print(f"numbers  {subject.out / 'metrics.json'}")
    draw_pictures(subject)
    return results


def check_splits(subject: Subject, compared_with: str) -> None:
    """Raises ForgerError if a split that is needed is empty."""
    for name in {"validation", compared_with}:
        if len(subject.data.splits[name].examples) == 0:
            raise ForgerError(
                f"{subject.out} was trained on data without {name} examples: there is nothing to"
                " measure samples against"
            )


def compared(subject: Subject, classifier: Evaluator | None, seed: int) -> dict[str, Samples]:
    """The rows that are measured, by name: each draw, as many real training examples, and noise."""
    draws, n = subject.draws, len(subject.draws[0])
    train, train_labels = subject.data.splits["train"]
    generator = torch.Generator().manual_seed(seed)
    some = torch.randperm(len(train), generator=generator)[:n]
    if subject.points:
        low, high = train.amin(0), train.amax(0)
        noise = low + (high - low) * torch.rand(draws[0].shape, generator=generator)
    else:
        noise = torch.randint(256, draws[0].shape, generator=generator, dtype=torch.uint8)
    rows = {
        f"samples, {i} of {len(draws)}": Samples(examples, classifier, subject.labels)
        for i, examples in enumerate(draws, 1)
    }
    rows["real points" if subject.points else "real images"] = Samples(
        train[some], classifier, train_labels[some]
    )
    rows["noise"] = Samples(noise, classifier, subject.labels)
    return rows


def measure(
    subject: Subject,
    rows: dict[str, Samples],
    metrics: dict[str, Any],
    splits: dict[str, Samples],
    facts: dict[str, Any],
) -> list[Values]:
    """All metrics of each row, in order; facts: what the last two rows follow from."""
    settings = cast(dict, OmegaConf.to_container(subject.metrics, resolve=True))
    context = {"train": splits["train"], "validation": splits["validation"]}
    real, folder = splits[facts["split"]], subject.data.root / "evaluations"
    measured: list[Values] = []
    with bar(len(rows) * len(metrics)) as progress:
        for what, fake in rows.items():
            if progress.disable:
                print(f"measuring {what}", flush=True)
            values: Values = {}
            for name, metric in metrics.items():
                progress.update(progress.task_ids[0], description=f"{what}: {name}")
                call = partial(metric, **context)
                compute = partial(try_call, call, f"metrics.{name}", fake, real)
                if what.startswith("samples") or not is_kept(subject.data, settings[name]):
                    values |= compute()
                else:
                    key = facts | {"row": what, "metric": settings[name]}
                    values |= measured_once(folder, key, compute)
                progress.advance(progress.task_ids[0])
            measured.append({name: float(value) for name, value in values.items()})
    return measured


def caution_few(metrics: dict[str, Any], n: int, real: Samples) -> None:
    """Say where a Fréchet distance is of fewer examples than features."""
    for metric in metrics.values():
        if isinstance(metric, Frechet | Inception):
            features = metric.num_features or real.features.shape[1]
            if caution := too_few(n, len(real), features):
                print(f"metrics  {caution}: give n, or measure by metrics.kernel")


def draw_pictures(subject: Subject) -> None:
    """Images beside their nearest training images, or points over training points."""
    examples, train = subject.draws[0], subject.data.splits["train"].examples
    if not subject.points:
        neighbours, _ = nearest(examples[:32], train)
        pairs = torch.stack([examples[:32], train[neighbours]], dim=1).flatten(0, 1)
        picture = subject.out / "nearest.png"
        save_grid(pairs, 16, picture)
        print(f"picture  {picture}, each sample left of its nearest training image")
    elif subject.data.shape == (2,):
        picture = subject.out / "points.png"
        save_grid(scatter(examples, train)[None], 1, picture)
        print(f"picture  {picture}, samples over training points")


def from_checkpoint(config: DictConfig) -> Subject:
    """Draws of a checkpoint's generator, each from its own seed, and the data of its run."""
    if "_target_" in config.data:
        raise ForgerError(
            "data=... is for images=...: a checkpoint is measured against the data of its run"
        )
    if config.ckpt is None:
        raise ForgerError("ckpt is not set: give ckpt=RUN, or images=FOLDER and data=mnist, say")
    check_settings(config)
    checkpoint = find_checkpoint(config.ckpt)
    gan = load(checkpoint, config.trust)
    enough_memory(
        config.n * (config.repeats + 1) * sample_bytes(gan), n=config.n, repeats=config.repeats
    )
    chosen = config.metrics
    if gan.value_range is None:
        # The metrics chosen here are those of images.
        chosen = stored({"config": gan.config}, ["metrics"], config.trust, checkpoint).metrics
        check_parts(gan.config, ["metrics"])
    sample = sampler_of(config, gan)
    sampler = OmegaConf.to_container(config.sampler) if config.sampler else None
    return Subject(
        draws=[sample(config.n, config.seed + i) for i in range(config.repeats)],
        labels=gan.labels(config.n),
        data=open_stored_data(gan, config.data, "fit", config.trust, checkpoint),
        metrics=chosen,
        facts={
            "sampler": sampler,
            "updates": read(checkpoint).get("global_step"),
            "checkpoint": str(checkpoint),
        },
        out=Path(config.out) if config.out else checkpoint.with_suffix(""),
    )


def from_images(config: DictConfig) -> Subject:
    """Images in files, in as many draws of n as they fill, and the data that are chosen."""
    if config.ckpt is not None:
        raise ForgerError("ckpt and images are both given: leave one")
    if "_target_" not in config.data:
        raise ForgerError(
            "data is not chosen: give data=mnist, say, which the images are compared with"
        )
    with open_dict(config.data):
        # The places of a checkpoint's data, which these may not have.
        for name in ("folder", "root"):
            if OmegaConf.is_missing(config.data, name) or config.data[name] is None:
                del config.data[name]
    check_settings(config)
    data = open_data(config, "fit")
    if len(data.shape) != 3:
        raise ForgerError("these data are points: images are compared with data of images")
    place = Path(config.images).expanduser()
    bytes_each = math.prod(data.shape) + 500
    enough_memory(config.n * config.repeats * bytes_each, n=config.n, repeats=config.repeats)
    images = read_images(place, tuple(data.shape), config.n * config.repeats, config.seed)
    n = min(config.n, len(images))
    if n < config.n:
        print(f"images   {n} in {place}, fewer than n (={config.n}): so many are measured")
    return Subject(
        draws=[part for part in images.split(n) if len(part) == n],
        labels=None,
        data=data,
        metrics=config.metrics,
        facts={"images": str(place.resolve())},
        out=Path(config.out) if config.out else place.with_name(f"{place.stem}-metrics"),
    )


def check_settings(config: DictConfig) -> None:
    check(config, Settings)
    if not config.metrics:
        raise ForgerError("metrics is empty, so nothing is measured: give metrics=[frechet], say")
    check_positive(n=config.n, repeats=config.repeats)


def is_kept(data: InMemory, settings: Any) -> bool:
    """Whether a metric of these data is measured once: one of Forger's, where there is a folder."""
    return data.root != Path() and settings["_target_"].startswith("forger.")


def bar(total: int) -> Progress:
    """A bar that names what is measured, in a terminal; elsewhere it shows nothing."""
    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    progress = Progress(*columns, transient=True, disable=not in_terminal())
    progress.add_task("", total=total)
    return progress


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
