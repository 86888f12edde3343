"""How well AC-GAN's discriminator tells classes: `python benchmarks/acgan.py RUN …`.

A row for each run of `forger train experiment=acgan`: the fraction of test images whose class the
head predicts, and the fraction of 10,000 samples that the evaluator takes for the class asked for;
then mean and standard deviation over runs.
"""

import sys
from pathlib import Path

import torch
from head import head_and_labels
from run_table import print_table

from forger.gan import GAN
from forger.metrics import evaluator
from forger.metrics.samples import Samples

COUNT = 10_000
"""Samples of seed 0, a tenth of each class."""
COLUMNS = {"test images": ".2%", "samples": ".2%"}


@torch.no_grad()
def measure(gan: GAN) -> list[float]:
    """Both fractions of a run."""
    logits, labels = head_and_labels(gan, "classes")
    network = evaluator.load(evaluator.find("mnist", Path()))
    digits = Samples(gan.sample(COUNT, seed=0), network).probabilities.argmax(1)
    wanted = torch.arange(COUNT) % 10
    found = (logits.argmax(1) == labels, digits == wanted)
    return [right.double().mean().item() for right in found]


if __name__ == "__main__":
    print_table(sys.argv[1:], COLUMNS, measure)
