"""How well AC-GAN's discriminator tells classes: `python benchmarks/acgan.py RUN …`.

A row for each run of `forger train experiment=acgan`: the share of test images whose class the head
predicts, and the share of 10,000 samples that the evaluator takes for the class asked for; then
mean and standard deviation over runs.
"""

import sys
from pathlib import Path
from typing import cast

import torch
from omegaconf import DictConfig, OmegaConf

from forger.config.build import open_data
from forger.config.load import load
from forger.gan import GAN
from forger.metrics import evaluator
from forger.metrics.samples import Samples
from forger.pixels import to_float
from forger.runs.folder import find_checkpoint

COUNT = 10_000
"""Samples of seed 0, a tenth of each class."""


def main(runs: list[str]) -> None:
    print("| run | test images | samples |\n|---|---|---|")
    rows = []
    for run in runs:
        rows.append(measure(load(find_checkpoint(run))))
        print(f"| {Path(run).name} | {rows[-1][0]:.2%} | {rows[-1][1]:.2%} |", flush=True)
    if len(rows) > 1:
        columns = torch.tensor(rows).unbind(1)
        text = " | ".join(f"{c.mean():.2%} ± {c.std():.2%}" for c in columns)
        print(f"| mean ± standard deviation | {text} |")


@torch.no_grad()
def measure(gan: GAN) -> tuple[float, float]:
    """Both shares of a run."""
    data = open_data(cast(DictConfig, OmegaConf.create(gan.config)), "test")
    test, labels = data.splits["test"]
    heads = [
        gan.outputs(to_float(batch, gan.value_range), batch)["classes"] for batch in test.split(500)
    ]
    network = evaluator.load(evaluator.find("mnist", Path()))
    digits = Samples(gan.sample(COUNT, seed=0), network).probabilities.argmax(1)
    wanted = torch.arange(COUNT) % 10
    found = (torch.cat(heads).argmax(1) == labels, digits == wanted)
    real, fake = (right.double().mean().item() for right in found)
    return real, fake


if __name__ == "__main__":
    main(sys.argv[1:])
