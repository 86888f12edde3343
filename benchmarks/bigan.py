"""What the encoder of a BiGAN has learned: `python benchmarks/bigan.py RUN …`.

A row for each run of `forger train experiment=bigan`, and the mean and the standard deviation of
each column over runs. No label was used in training.

1-NN: test images whose nearest training image by the codes of the encoder has their label, as in
Donahue et al. 2017, table 1. of pixels: the same by the images themselves. reconstruction: root
mean square of x - G(E(x)) on test images, in units of the range of a pixel.

The last run's picture is written to reconstructions.png: test images in the first, third, ... row,
and under each what the generator makes of its code.
"""

import sys
from pathlib import Path
from typing import cast

import torch
from omegaconf import DictConfig, OmegaConf
from run_table import print_table
from torch import Tensor

from forger.config.build import open_data
from forger.figures.image_grid import save_grid
from forger.gan import GAN
from forger.models.bigan import BiGAN
from forger.pixels import to_float, to_uint8

COLUMNS = {"1-NN": ".2%", "of pixels": ".2%", "reconstruction": ".3f"}


@torch.no_grad()
def measure(gan: GAN) -> list[float]:
    """The columns of a run."""
    assert isinstance(gan, BiGAN), "give runs of experiment=bigan"
    data = open_data(cast(DictConfig, OmegaConf.create(gan.config)))
    train, test = (
        (to_float(data.splits[split].examples, gan.value_range), data.splits[split].labels)
        for split in ("train", "test")
    )
    codes = [torch.cat([gan.encoder(x) for x in images.split(1000)]) for images, _ in (train, test)]
    made = torch.cat([gan.generator(z) for z in codes[1].split(1000)])
    low, high = gan.value_range or (0.0, 1.0)
    # Rows of ten: images, and under them their reconstructions.
    pairs = torch.stack([test[0][:50], made[:50]]).unflatten(1, (5, 10)).transpose(0, 1)
    save_grid(to_uint8(pairs.flatten(0, 2), (low, high)), 10, Path("reconstructions.png"))
    return [
        neighbour_accuracy(codes[0], codes[1], train[1], test[1]),
        neighbour_accuracy(train[0].flatten(1), test[0].flatten(1), train[1], test[1]),
        ((made - test[0]).square().mean().sqrt() / (high - low)).item(),
    ]


def neighbour_accuracy(given: Tensor, new: Tensor, labels: Tensor, true: Tensor) -> float:
    """The fraction of points `new` (m, d) whose nearest of `given` (n, d) has their label."""
    nearest = torch.cat([torch.cdist(block, given).argmin(1) for block in new.split(200)])
    return (labels[nearest] == true).float().mean().item()


if __name__ == "__main__":
    print_table(sys.argv[1:], COLUMNS, measure)
