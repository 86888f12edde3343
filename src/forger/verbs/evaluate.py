"""`forger evaluate`: the numbers of a checkpoint, between those of real data and of noise."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf, open_dict
from rich.console import Console

from forger.checks import check_positive, enough_memory
from forger.config.build import instantiate_node, open_data, sample_bytes, sampler_of
from forger.config.load import load, read
from forger.config.overrides import relative_path
from forger.config.schema import check
from forger.config.settings import Instantiable
from forger.config.stored_data import open_stored_data
from forger.data.image_files import read_images
from forger.errors import ForgerError
from forger.evaluation.choices import as_many, metrics_of_points, take_from_data
from forger.evaluation.folder import folder_of_checkpoint, folder_of_images
from forger.evaluation.measure import facts_of_reference, measure
from forger.evaluation.results import caution_few, draw_pictures, summary, table
from forger.evaluation.subject import Subject, check_splits, compared
from forger.latent_space.sampling import labels_by_frequency
from forger.metrics import evaluator
from forger.metrics.samples import Samples, need_evaluator
from forger.runs.files import write_json
from forger.runs.folder import find_checkpoint


@dataclass
class Settings:
    ckpt: str | None
    images: str | None
    trust: list[str]
    data: dict
    n: int | None
    repeats: int
    seed: int
    split: Literal["test", "validation"]
    out: str | None
    metrics: dict[str, Instantiable]
    sampler: Instantiable | None


def run(config: DictConfig) -> dict[str, Any]:
    """Measure `repeats` draws of n samples, n real training examples and n of noise.

    Returns what is in metrics.json.
    """
    subject = from_images(config) if config.images else from_checkpoint(config)
    data, draws = subject.data, subject.draws
    check_splits(subject, config.split)
    metrics = {str(name): instantiate_node(subject.metrics, str(name)) for name in subject.metrics}
    classifier = None
    if data.evaluator is not None and need_evaluator(metrics.values()):
        classifier = evaluator.load(evaluator.find(data.evaluator, data.root))
    splits = {
        name: Samples(split.examples, classifier, split.labels)
        for name, split in data.splits.items()
    }
    rows = compared(subject, classifier, config.seed)
    facts = facts_of_reference(subject, classifier, config.seed, config.split)
    # The rows are samples, then real data, then noise.
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
    # Printed first, since the disk may be full by now.
    Console().print(table(results, "points" if subject.points else "images"))
    caution_few(metrics, len(draws[0]), splits[config.split])
    write_json(subject.out / "metrics.json", results)
    print(f"numbers  {relative_path(subject.out / 'metrics.json')}")
    draw_pictures(subject)
    return results


def from_checkpoint(config: DictConfig) -> Subject:
    """Draws of a checkpoint's generator, each from its own seed, and the data of its run."""
    if "_target_" in config.data:
        raise ForgerError("data=... is for images=...: remove it, a checkpoint has its run's data")
    if config.ckpt is None:
        raise ForgerError("ckpt is not set: give ckpt=RUN, or both images=FOLDER and data=NAME")
    if isinstance(config.ckpt, str):
        take_from_data(config.metrics, config.ckpt)
    check_settings(config)
    checkpoint = find_checkpoint(config.ckpt)
    gan = load(checkpoint, config.trust)
    out = folder_of_checkpoint(config.out, checkpoint)
    data = open_stored_data(gan, config.data, config.trust, checkpoint)
    config.n = config.n or as_many(data, config.split)
    enough_memory(
        config.n * (config.repeats + 1) * sample_bytes(gan), n=config.n, repeats=config.repeats
    )
    gan.label = labels_by_frequency(gan, data.splits["train"].labels, config.n)
    points = gan.value_range is None
    sample = sampler_of(config, gan)
    sampler = OmegaConf.to_container(config.sampler) if config.sampler else None
    return Subject(
        # A seed for each draw: the deviation over draws is that of the samples.
        draws=[sample(config.n, config.seed + i) for i in range(config.repeats)],
        gan=gan,
        labels=gan.labels(config.n),
        data=data,
        metrics=metrics_of_points(config, gan, checkpoint) if points else config.metrics,
        facts={
            "sampler": sampler,
            "updates": read(checkpoint).get("global_step"),
            "checkpoint": str(checkpoint),
        },
        out=out,
    )


def from_images(config: DictConfig) -> Subject:
    """Images in files, in as many draws of n as they fill, and the data that are chosen."""
    if config.ckpt is not None:
        raise ForgerError("ckpt and images are both given: remove one of them")
    if "_target_" not in config.data:
        raise ForgerError("data is not set: give data=NAME, which the images are compared with")
    with open_dict(config.data):
        # Settings for the data of a checkpoint, which these data may not have.
        for name in ("folder", "file", "root", "evaluator"):
            if OmegaConf.is_missing(config.data, name) or config.data[name] is None:
                del config.data[name]
    check_settings(config)
    data = open_data(config)
    if data.splits["train"].examples.is_floating_point():
        raise ForgerError("the data are points, not images: give other data")
    place = Path(config.images).expanduser()
    config.n = config.n or as_many(data, config.split)
    bytes_each = math.prod(data.shape) + 500  # and about 500 of overhead in Python
    enough_memory(config.n * config.repeats * bytes_each, n=config.n, repeats=config.repeats)
    out = folder_of_images(config.out, place, config.data)
    images = read_images(place, tuple(data.shape), config.n * config.repeats, config.seed)
    n = min(config.n, len(images))
    if n < config.n:
        print(f"images   {n} in {place}, fewer than n (={config.n}): all of them are measured")
    return Subject(
        # Draws of the same size only: metrics depend on the number.
        draws=[part for part in images.split(n) if len(part) == n],
        gan=None,
        labels=None,
        data=data,
        metrics=config.metrics,
        facts={"images": str(place.resolve())},
        out=out,
    )


def check_settings(config: DictConfig) -> None:
    check(config, Settings)
    if not config.metrics:
        raise ForgerError("metrics is empty: give at least one, such as metrics=[frechet]")
    check_positive(repeats=config.repeats)
    if config.n is not None:
        check_positive(n=config.n)
