"""What a discriminator says of the test images, for the scripts beside it."""

from typing import cast

import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from forger.config.build import open_data
from forger.gan import GAN
from forger.pixels import to_float


@torch.no_grad()
def head_and_labels(gan: GAN, head: str) -> tuple[Tensor, Tensor]:
    """A head's outputs for the test images of a run's data, (n, size), and their labels (n,)."""
    data = open_data(cast(DictConfig, OmegaConf.create(gan.config)))
    test, labels = data.splits["test"]
    outputs = [
        gan.outputs(to_float(batch, gan.value_range), batch)[head] for batch in test.split(500)
    ]
    return torch.cat(outputs), labels
