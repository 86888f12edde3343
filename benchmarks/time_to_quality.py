"""How good samples are after how much processor time.

python benchmarks/time_to_quality.py [--ways default dcgan best_unconditional mlp] [--seeds 0 1 2]
                                     [--at-once 1] [--every 250] [--out time_to_quality]

Trains each way with each seed on one thread, --at-once of them at a time; the ways take turns, so
that what else the machine does meets them alike. Every --every updates it measures the Fréchet
distance (fid) and the coverage of 5,000 samples against 5,000 validation images. The processor time
is that of updates alone: start, measurements and checkpoints are left out.
Writes OUT.json, and a table, OUT.md: medians over seeds, smallest and largest in brackets.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from statistics import median

import torch
from pytorch_lightning import Trainer

import forger
from forger.callbacks.measure import Measure
from forger.gan import GAN

WAYS = {
    "default": [],
    "dcgan": ["experiment=dcgan"],
    "best_unconditional": ["experiment=best_unconditional"],
    "mlp": ["generator=mlp", "discriminator=mlp", "trainer.max_steps=4000"],
}
POINTS = "points.jsonl"


class TimedMeasure(Measure):
    """Measures, and notes the processor time that updates have taken until then."""

    seconds = 0.0

    def on_train_batch_start(self, *_: object) -> None:
        self.started = time.process_time()

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *rest: object) -> None:  # pyright: ignore
        self.seconds += time.process_time() - self.started
        super().on_train_batch_end(trainer, gan, *rest)  # pyright: ignore
        if self.measured == trainer.global_step:
            point = {"updates": self.measured, "seconds": self.seconds, **self.values}
            with Path(trainer.default_root_dir, POINTS).open("a") as file:
                print(json.dumps(point), file=file)


def train(way: str, seed: str, every: str, folder: str) -> None:
    """One run, in a process of its own."""
    torch.set_num_threads(1)
    forger.train(
        *WAYS[way],
        "callbacks=[measure]",
        "callbacks.measure._target_=time_to_quality.TimedMeasure",
        f"callbacks.measure.every_n_updates={every}",
        "callbacks.measure.n=5000",
        "metrics=[frechet,density_coverage]",
        f"seed={seed}",
        f"hydra.run.dir={folder}",
    )


def points(way: str, seed: int, every: int) -> list[dict[str, float]]:
    """What a run had reached at each measurement."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "run")
        command = [sys.executable, __file__, "--train", way, str(seed), str(every), str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        lines = (folder / POINTS).read_text().splitlines()
    print(f"{way}, seed {seed}: {lines[-1]}", flush=True)
    return [json.loads(line) for line in lines]


def seconds_until(run: list[dict[str, float]], fid: float) -> float:
    """Seconds after which a run has measured this distance or a lower one; infinite if never."""
    return min((point["seconds"] for point in run if point["metric/fid"] <= fid), default=torch.inf)


def written(values: list[float], form: str) -> str:
    low, high = (format(value, form) for value in (min(values), max(values)))
    return f"{median(values):{form}} ({low} to {high})"


def table(runs: dict[str, list[list[dict[str, float]]]]) -> str:
    """A row for each way; the first way's distance at its end is the one to reach."""
    first = next(iter(runs))
    goal = median(run[-1]["metric/fid"] for run in runs[first])
    lines = [
        f"| | updates | seconds of updates | fid | coverage | seconds to fid {goal:.2f} |",
        "|---|---|---|---|---|---|",
    ]
    for way, seeds in runs.items():
        ends = [run[-1] for run in seeds]
        cells = [
            way,
            f"{ends[0]['updates']:,}",
            written([end["seconds"] for end in ends], ".0f"),
            written([end["metric/fid"] for end in ends], ".2f"),
            written([end["metric/coverage"] for end in ends], ".3f"),
            written([seconds_until(run, goal) for run in seeds], ".0f"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--every", type=int, default=250)
    parser.add_argument("--out", type=Path, default=Path("time_to_quality"))
    arguments = parser.parse_args()
    # Seeds outside, so that the ways take turns.
    jobs = [(way, seed, arguments.every) for seed, way in product(arguments.seeds, arguments.ways)]
    with ThreadPoolExecutor(arguments.at_once) as pool:
        found = list(pool.map(points, *zip(*jobs, strict=True)))
    # The runs of a way, one for each seed.
    runs = {way: found[i :: len(arguments.ways)] for i, way in enumerate(arguments.ways)}
    machine = f"{platform.processor() or platform.machine()}, torch {torch.__version__}"
    arguments.out.with_suffix(".json").write_text(json.dumps({"machine": machine, "runs": runs}))
    arguments.out.with_suffix(".md").write_text(table(runs) + "\n")
    print(table(runs))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(*sys.argv[2:])
    else:
        main()
