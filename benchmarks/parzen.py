"""Parzen log-likelihood over updates, a line for each run, from what `forger evaluate` left there.

python benchmarks/parzen.py RUN [RUN ...] benchmarks/parzen.png
"""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

PAPER, REAL = 225, 242.7


def main(runs: list[Path], picture: Path) -> None:
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="generator updates", ylabel="nats", ylim=(-100, 260))
    for run in runs:
        found = [json.loads(file.read_text()) for file in run.glob("checkpoints/*/metrics.json")]
        points = sorted((one["updates"], one["samples"]["parzen"]["mean"]) for one in found)
        for updates, nats in points:
            print(f"{run.name:<8}{updates:>8}{nats:8.1f}")
        axes.plot(*zip(*points, strict=True), marker="o", label=run.name)
    axes.axhline(PAPER, color="0.3", linestyle="--", label=f"the paper, {PAPER}")
    axes.axhline(REAL, color="0.6", linestyle=":", label="10,000 real training images, 243")
    axes.legend(loc="lower right")
    figure.savefig(picture)


if __name__ == "__main__":
    *folders, last = map(Path, sys.argv[1:])
    main(folders, last)
