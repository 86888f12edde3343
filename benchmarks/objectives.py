"""Every objective on every task, five seeds: `python benchmarks/objectives.py [TASK …]`.

A task is a data set and a pair of networks; all objectives have its penalty, rates and budget.
Those of Fashion-MNIST need its evaluator: `forger train-evaluator data=fashion_mnist`.
Trains in outputs/sweeps/objectives; the same command goes on after an interruption, and prints
Markdown: a row for each objective, a column for each task with the mean and Student's 95 % interval
of the last value, of which lower is better. Bold is what Tukey's test over seeds, at 5 %, does not
tell from the lowest. The last column is the mean rank, with Friedman's test over tasks below.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy.stats import friedmanchisquare, rankdata, tukey_hsd

from forger.report.reading import read_runs
from forger.report.statistics import estimate

LOSSES = ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic")
POINTS = "experiment=ring metrics=[one_neighbour,mixture] trainer.max_steps=3000"
IMAGES = "callbacks.measure.n=10000 penalty=r1"
MLP = f"experiment=dcgan generator=mlp discriminator=mlp trainer.max_steps=1500 {IMAGES}"
SUBPIXEL = f"experiment=default penalty.r1.gamma=0.1 trainer.max_steps=1000 {IMAGES}"
TASKS = {
    "ring": POINTS,
    "grid": f"{POINTS} data=grid_2d",
    "mnist_mlp": MLP,
    "mnist_subpixel": SUBPIXEL,
    "fashion_mlp": f"{MLP} data=fashion_mnist",
    "fashion_subpixel": f"{SUBPIXEL} data=fashion_mnist",
    "stacked_mnist": "experiment=stacked_mnist trainer=fast trainer.max_steps=1500",
}
# One_nn is 1/2 of points that are as good as real ones, class_kl 0 where all of the 1,000 modes are
# equally frequent; the other tasks have the Fréchet distance.
METRICS = {"ring": "one_nn", "grid": "one_nn", "stacked_mnist": "class_kl"}
SEEDS = 5


def train(task: str, loss: str) -> list[float]:
    """The last value of the metric for each seed; infinite for a run that failed."""
    folder = Path("outputs/sweeps/objectives", task, loss)
    subprocess.run(
        [
            *(sys.executable, "-m", "forger.cli", "train", "-m", f"loss={loss}"),
            *(f"name={task}", *TASKS[task].split(), f"seed=range({SEEDS})"),
            "callbacks.measure.every_n_updates=${trainer.max_steps}",
            f"hydra.sweep.dir={folder}",
        ],
        stdout=subprocess.DEVNULL,
    )
    runs, _ = read_runs([folder])
    if {run.status for run in runs} == {"refused"}:
        sys.exit(f"no run of {task} was trained: {runs[0].error}")
    metric = f"metric/{METRICS.get(task, 'fid')}"
    return [np.inf if (value := run.final(metric)) is None else value for run in runs]


def column(values: list[list[float]]) -> list[str]:
    """The cells of a task, from the values of each objective."""
    best = int(np.argmin([np.mean(seeds) for seeds in values]))
    # An objective of which a run failed is not among the best.
    trained = [i for i, seeds in enumerate(values) if np.isfinite(seeds).all()]
    # Distances of many objectives spread as they are large, so logarithms are compared.
    p = tukey_hsd(*(np.log(values[i]) for i in trained)).pvalue[trained.index(best)]
    equal = {best} | {i for i, value in zip(trained, p, strict=True) if value > 0.05}
    cells = [str(estimate(seeds)) for seeds in values]
    return [f"**{cell}**" if i in equal else cell for i, cell in enumerate(cells)]


def main() -> None:
    tasks = sys.argv[1:] or list(TASKS)
    values = {task: [train(task, loss) for loss in LOSSES] for task in tasks}
    columns = [column(values[task]) for task in tasks]
    means = [[np.mean(seeds) for seeds in values[task]] for task in tasks]
    ranks = rankdata(means, axis=1).mean(0)  # (tasks, losses) -> (losses,)
    print("| loss |", " | ".join(tasks), "| mean rank |")
    print("|---|" + "---|" * (len(tasks) + 1))
    for loss, cells, rank in zip(LOSSES, zip(*columns, strict=True), ranks, strict=True):
        print(f"| {loss} |", " | ".join(cells), f"| {rank:.2f} |")
    if len(tasks) > 1:
        print(f"\nFriedman's test: p = {friedmanchisquare(*zip(*means, strict=True)).pvalue:.2g}")


if __name__ == "__main__":
    main()
