"""The results as means over draws, as a table and as pictures."""

import math
from statistics import mean
from typing import Any

import torch
from rich.table import Table

from forger.config.overrides import relative_path
from forger.evaluation.subject import Subject
from forger.figures.examples import draw
from forger.figures.image_grid import save_image
from forger.metrics.cache import Values
from forger.metrics.frechet import Frechet, too_few
from forger.metrics.inception import Inception
from forger.metrics.nearest import nearest
from forger.metrics.samples import Samples


def caution_few(metrics: dict[str, Any], n: int, real: Samples) -> None:
    """Say where a Fréchet distance is of fewer examples than features."""
    for metric in metrics.values():
        if isinstance(metric, Frechet | Inception):
            features = metric.num_features or real.features.shape[1]
            if caution := too_few(n, len(real), features):
                more = f"give at least {features + 1} of each, or use metrics.kernel"
                print(f"metrics  {caution}: {more}")


def draw_pictures(subject: Subject) -> None:
    """Images, of bytes or floats, beside their nearest training images; points beside the data."""
    examples, train = subject.draws[0], subject.data.splits["train"].examples
    if examples.ndim == 4:
        # Side by side with training images, a copy would be seen at once.
        neighbours, _ = nearest(examples[:32], train)
        # (32, 2, C, H, W) -> (64, C, H, W).
        pairs = torch.stack([examples[:32], train[neighbours]], dim=1).flatten(0, 1)
        picture = subject.out / "nearest.png"
        save_image(draw(pairs, train, 16), picture)
        print(f"picture  {relative_path(picture)}, each sample left of its nearest training image")
    else:
        picture = subject.out / "points.png"
        save_image(draw(examples, train, 12, units=subject.data.units), picture)
        print(f"picture  {relative_path(picture)}, samples in red, training data in grey")


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
        real, noise = (results[row].get(name, math.nan) for row in ("real", "noise"))
        values = [cell(value, 4) for value in (sample["mean"], real, noise)]
        if "" in values:
            lines.caption = "empty: this metric has no value there, as of a class without examples"
        # One draw has no deviation.
        values.insert(1, cell(math.nan if sample["std"] is None else sample["std"], 3))
        lines.add_row(name, *values)
    return lines


def cell(value: float, digits: int) -> str:
    """A number; nothing for NaN, which a metric has where its classes or modes are missing."""
    return "" if math.isnan(value) else f"{value:.{digits}g}"
