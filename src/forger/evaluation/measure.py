"""All metrics of each row; those of real data and noise are measured once."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from omegaconf import OmegaConf
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from forger.data.memory import InMemory
from forger.errors import try_call
from forger.evaluation.subject import Subject
from forger.metrics.cache import Values, code, measured_once, sha256
from forger.metrics.evaluator import Evaluator, checksum
from forger.metrics.samples import Metric, Samples, numbers
from forger.runs.terminal import in_terminal


def measure(
    subject: Subject,
    rows: dict[str, Samples],
    metrics: dict[str, Any],
    splits: dict[str, Samples],
    facts: dict[str, Any],
) -> list[Values]:
    """The values of all metrics for each row, in order.

    facts: what the rows of real data and noise depend on, see `facts_of_reference`.
    """
    settings = cast(dict, OmegaConf.to_container(subject.metrics, resolve=True))
    context = {"train": splits["train"], "validation": splits["validation"]}
    # The settings of a metric whose values are kept, which depend on them.
    kept = {n: s | weights_hash(s) for n, s in settings.items() if is_kept(subject.data, s)}
    real, folder = splits[facts["split"]], subject.data.root / "evaluations"
    measured: list[Values] = []
    with bar(len(rows) * len(metrics)) as progress:
        for what, fake in rows.items():
            values: Values = {}
            for name, metric in metrics.items():
                progress.update(progress.task_ids[0], description=f"{what}: {name}")
                call = partial(values_of, metric, context)
                compute = partial(try_call, call, f"metrics.{name}", fake, real)
                # Samples are new each time; the values of real data and noise are kept.
                if what.startswith("samples") or name not in kept:
                    values |= compute()
                else:
                    key = facts | {"row": what, "metric": kept[name]}
                    values |= measured_once(folder, key, compute)
                progress.advance(progress.task_ids[0])
            # Afterwards: a metric that refuses its samples says so alone.
            if progress.disable:
                print(f"measured {what}", flush=True)
            measured.append(values)
    return measured


def values_of(metric: Metric, context: dict[str, Samples], fake: Samples, real: Samples) -> Values:
    return numbers(metric(fake, real, **context))


def facts_of_reference(
    subject: Subject, classifier: Evaluator | None, seed: int, split: str
) -> dict[str, Any]:
    """What the rows of real data and noise depend on: while it is the same, so are their values."""
    return {
        "n": len(subject.draws[0]),
        "seed": seed,
        "split": split,
        "labels": sha256(subject.labels),
        "data": {name: [*map(sha256, parts)] for name, parts in subject.data.splits.items()},
        "evaluator": classifier and classifier.sha256,
        "torch": torch.__version__,
        "code": code(),
    }


def is_kept(data: InMemory, settings: Any) -> bool:
    """Whether a metric of these data is measured once: one of Forger's, where there is a folder."""
    return data.root != Path() and settings["_target_"].startswith("forger.")


def weights_hash(settings: dict[str, Any]) -> dict[str, Any]:
    """The hash of a metric's weights: under the same path there may be others next time."""
    weights = settings.get("weights")
    return {} if weights is None else {"sha256": checksum(Path(weights).expanduser())}


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
