"""Samples of a GAN: methods of `GAN`, which is their first argument."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from forger import latents
from forger.checks import check_positive
from forger.pixels import to_uint8

if TYPE_CHECKING:
    from forger.gan import GAN


@torch.no_grad()
def generate(gan: "GAN", z: Tensor, labels: Tensor | None = None, batch_size: int = 500) -> Tensor:
    """Examples for latent vectors z (n, latent_dim): uint8 (n, C, H, W), or points as floats.

    Points of a table are shifted and scaled as in training: `forger.data.units.to_file(points,
    gan.config["units"])` are in the units of the file.
    labels: int64 (n,); None: those of `labels`. In evaluation mode, whatever the mode now.
    """
    batches = generator_outputs(gan, z, labels, batch_size)
    return torch.cat([to_uint8(batch, gan.value_range) for batch in batches])  # (n, *shape)


def generator_outputs(
    gan: "GAN", z: Tensor, labels: Tensor | None, batch_size: int
) -> Iterator[Tensor]:
    """What `generate` makes of z, batch by batch, as the generator gives it: (b, *shape)."""
    # Batch normalisation and dropout depend on the mode, and samples must not.
    training = gan.sampling_generator.training
    gan.sampling_generator.eval()
    labels = gan.labels(len(z)) if labels is None else labels
    inputs = [z] if labels is None else [z, labels]  # each (n, ...)
    for parts in zip(*(tensor.split(batch_size) for tensor in inputs), strict=True):
        yield gan.sampling_generator(*(part.to(gan.device) for part in parts))
    gan.sampling_generator.train(training)


def sample(gan: "GAN", count: int, seed: int, labels: Tensor | None = None) -> Tensor:
    """Examples 0 to count - 1 of a seed, the same at any batch size: see `generate`.

    labels: int64 (count,); None: those of `labels`. Raises ForgerError unless count is at least 1.
    """
    check_positive(count=count)
    z = latents.sample_prior_by_index(gan.prior, count, gan.latent_dim, seed)
    return gan.generate(z, labels)


def labels(gan: "GAN", count: int) -> Tensor | None:
    """Classes of so many samples, int64 (count,): those of `label` in turn, all if it is None.

    None if the generator is not conditional.
    """
    if gan.classes is None:
        return None
    turn = torch.arange(gan.classes) if gan.label is None else torch.as_tensor(gan.label).view(-1)
    return turn[torch.arange(count) % len(turn)]  # 0, 1, ..., classes - 1, 0, 1, ...


def labels_by_frequency(gan: "GAN", training: Tensor, count: int) -> Tensor | None:
    """Classes of samples to be measured, int64 (count,), as frequent as in training labels (n,).

    Metrics compare distributions, and classes are as frequent in one as in the other. The first
    ones are the same for any count. None if the generator is not conditional.
    """
    if gan.classes is None:
        return None
    # Multiples of the golden ratio mod 1 are spread evenly over [0, 1) at any count (Weyl 1916),
    # and the labels in order are the inverse of the distribution function of the classes.
    places = torch.arange(count, dtype=torch.float64) * ((5**0.5 - 1) / 2) % 1
    return training.sort().values[(places * len(training)).long()]
