"""A Markdown table with a row for each run, for the scripts beside it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from forger.config.load import load
from forger.gan import GAN
from forger.runs.folder import find_checkpoint


def print_table(
    runs: Sequence[str], columns: Mapping[str, str], measure: Callable[[GAN], list[float]]
) -> None:
    """Print what `measure` returns for each run, and the mean and standard deviation over runs.

    columns: the format of each number, such as .2%, by the title of its column.
    """

    def written(row: Sequence[float]) -> list[str]:
        return [f"{value:{form}}" for value, form in zip(row, columns.values(), strict=True)]

    print("| run |", " | ".join(columns), "|")
    print("|---|" + "---|" * len(columns))
    rows = []
    for run in runs:
        rows.append(measure(load(find_checkpoint(run))))
        print(f"| {Path(run).name} |", " | ".join(written(rows[-1])), "|", flush=True)
    if len(rows) > 1:
        spread = torch.tensor(rows)
        both = zip(written(spread.mean(0).tolist()), written(spread.std(0).tolist()), strict=True)
        print("| mean ± standard deviation |", " | ".join(f"{m} ± {s}" for m, s in both), "|")
