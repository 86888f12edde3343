"""What the encoder of a BiGAN has learned: `python benchmarks/bigan.py RUN …`.

A row for each run of `forger train experiment=bigan`, and the mean and the standard deviation of
each column over runs. No label was used in training.

1-NN of features: test images whose nearest training image, by the encoder's last hidden layer, has
their label, as in Donahue et al. 2017, table 1. of codes: the same by E(x) itself, of pixels: by
the images, of the start: by the features of the encoder before its training. reconstruction: root
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
from torch import Tensor, nn

from forger.config.build import build, open_data
from forger.figures.image_grid import save_grid
from forger.gan import GAN
from forger.models.bigan import BiGAN
from forger.networks.mlp import Encoder
from forger.pixels import to_float, to_uint8

COLUMNS = {
    "1-NN of features": ".2%",
    "of codes": ".2%",
    "of pixels": ".2%",
    "of the start": ".2%",
    "reconstruction": ".3f",
}


@torch.no_grad()
def measure(gan: GAN) -> list[float]:
    """The columns of a run."""
    assert isinstance(gan, BiGAN), "give runs of experiment=bigan"
    config = cast(DictConfig, OmegaConf.create(gan.config))
    data = open_data(config)
    (train, given), (test, true) = (
        (to_float(data.splits[split].examples, gan.value_range), data.splits[split].labels)
        for split in ("train", "test")
    )
    made = outputs(nn.Sequential(gan.encoder, gan.generator), test)
    low, high = gan.value_range or (0.0, 1.0)
    # Rows of ten: images, and under them their reconstructions.
    pairs = torch.stack([test[:50], made[:50]]).unflatten(1, (5, 10)).transpose(0, 1)
    save_grid(to_uint8(pairs.flatten(0, 2), (low, high)), 10, Path("reconstructions.png"))
    # All layers of an encoder but the last.
    features, at_start = (cast(Encoder, e).layers[:-1] for e in (gan.encoder, untrained(config)))
    return [
        *(
            neighbour_accuracy(outputs(network, train), outputs(network, test), given, true)
            for network in (features, gan.encoder, nn.Flatten(), at_start)
        ),
        ((made - test).square().mean().sqrt() / (high - low)).item(),
    ]


def untrained(config: DictConfig) -> nn.Module:
    """The encoder of a run before its first update."""
    return cast(BiGAN, build(config)).encoder.eval()


def outputs(network: nn.Module, images: Tensor) -> Tensor:
    """What a network makes of images (n, *shape)."""
    return torch.cat([network(batch) for batch in images.split(1000)])


def neighbour_accuracy(given: Tensor, new: Tensor, labels: Tensor, true: Tensor) -> float:
    """The fraction of points `new` (m, d) whose nearest of `given` (n, d) has their label."""
    nearest = torch.cat([torch.cdist(block, given).argmin(1) for block in new.split(200)])
    return (labels[nearest] == true).float().mean().item()


if __name__ == "__main__":
    print_table(sys.argv[1:], COLUMNS, measure)
