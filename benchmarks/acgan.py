"""How well AC-GAN's discriminator tells classes: `python benchmarks/acgan.py RUN …`.

A row for each run of `forger train experiment=acgan`: the fraction of test images whose class the
head predicts, and the fraction of 10,000 samples that the evaluator takes for the class asked for;
then mean and standard deviation over runs.
"""

import sys
from pathlib import Path
from typing import cast

import torch
from omegaconf import DictConfig, OmegaConf
from run_table import print_table

from forger.config.build import open_data
from forger.gan import GAN
from forger.metrics import evaluator
from forger.metrics.samples import Samples
from forger.pixels import to_float

COUNT = 10_000
"""Samples of seed 0, a tenth of each class."""
COLUMNS = {"test images": ".2%", "samples": ".2%"}


@torch.no_grad()
def measure(gan: GAN) -> list[float]:
    """Both fractions of a run."""
    data = open_data(cast(DictConfig, OmegaConf.create(gan.config)), "test")
    test, labels = data.splits["test"]
    heads = [
        gan.outputs(to_float(batch, gan.value_range), batch)["classes"] for batch in test.split(500)
    ]
    network = evaluator.load(evaluator.find("mnist", Path()))
    digits = Samples(gan.sample(COUNT, seed=0), network).probabilities.argmax(1)
    wanted = torch.arange(COUNT) % 10
    found = (torch.cat(heads).argmax(1) == labels, digits == wanted)
    return [right.double().mean().item() for right in found]


if __name__ == "__main__":
    print_table(sys.argv[1:], COLUMNS, measure)
