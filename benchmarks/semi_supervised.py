"""How well a semi-supervised head classifies: `python benchmarks/semi_supervised.py RUN …`.

A row for each run of `forger train experiment=semi_supervised`: the number of the test images whose
class the head does not predict; then mean and standard deviation over runs.
"""

import sys
from typing import cast

import torch
from omegaconf import DictConfig, OmegaConf
from run_table import print_table

from forger.config.build import open_data
from forger.gan import GAN
from forger.pixels import to_float

COLUMNS = {"test errors": ".0f"}


@torch.no_grad()
def measure(gan: GAN) -> list[float]:
    """The number of wrong test images of a run."""
    data = open_data(cast(DictConfig, OmegaConf.create(gan.config)), "test")
    test, labels = data.splits["test"]
    heads = [
        gan.outputs(to_float(batch, gan.value_range), batch)["classes"] for batch in test.split(500)
    ]
    return [(torch.cat(heads).argmax(1) != labels).sum().item()]


if __name__ == "__main__":
    print_table(sys.argv[1:], COLUMNS, measure)
