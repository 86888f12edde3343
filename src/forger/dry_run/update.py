"""A dry run of the first update, without data and, where that is possible, without memory."""

import math

import torch
from omegaconf import DictConfig
from torch import Tensor

from forger.config.build import build
from forger.config.meta import asks_for_values, loading_nothing
from forger.dry_run.activations import check_endings, check_range
from forger.dry_run.augments_and_penalties import try_augments_and_penalties
from forger.dry_run.loss import try_loss
from forger.dry_run.model import try_model
from forger.dry_run.networks import (
    check_classes,
    check_gradients,
    check_logits,
    check_parameters,
    check_prior,
    packed,
    shape_of,
    try_networks,
)
from forger.dry_run.optimizers import check_trained, try_optimizers
from forger.dry_run.terms import check_terms
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.runs.checkpoint_sizes import check_savable

# How torch names what a module keeps beside parameters and buffers.
EXTRA = "_extra_state"
# Most numbers in the examples of a minibatch that augmentations and penalties are tried on.
MOST_NUMBERS = 10_000_000


def dry_run(config: DictConfig) -> None:
    """Build the GAN without memory and push two latent vectors through, to see that all fits.

    Networks that ask for values, as if a tensor's mean is positive, are built on the processor.
    Raises ForgerError naming the shapes that do not, the node whose constructor refuses, the
    augmentation or penalty that fails, what gives no gradient or a state that no checkpoint can
    hold, and what makes the numbers wrong: a generator that states another range than its last
    activation has, a discriminator that gives probabilities.
    """
    # The trial must not change the random numbers of the run.
    with torch.random.fork_rng(devices=[]):
        try:
            with loading_nothing():
                try_update(config, torch.device("meta"))
        except ForgerError as error:
            if not asks_for_values(error):
                raise
            try_update(config, torch.device("cpu"))


def try_update(config: DictConfig, device: torch.device) -> None:
    """`dry_run` with networks on this device."""
    with device:
        gan = build(config)
    check_classes(gan)
    check_parameters(gan)
    if len(shape_of(gan)) != 3:
        # Examples of three dimensions are bytes or floats, as the data will say.
        check_range(gan, images=False)
    check_prior(gan)
    seen = try_augments_and_penalties(config, gan, 2 * packed(gan))
    fake, logits = try_networks(gan, seen, 2 * packed(gan))
    check_logits(logits)
    check_endings(gan, fake, logits)
    check_gradients(gan, fake, logits)
    check_states(gan)
    check_trained(gan)
    check_terms(gan, fake)
    size = config.data.get("batch_size")
    if isinstance(size, int) and size > 0:
        logits = try_minibatch(config, gan, seen, size)
    try_loss(gan, logits)
    try_optimizers(gan)
    # The last, since it takes the GAN's average away.
    try_model(config, gan, len(logits) * packed(gan))


def try_minibatch(config: DictConfig, gan: GAN, seen: list[int], size: int) -> Tensor:
    """The logits of a minibatch; ForgerError naming what does not take so many examples.

    seen: the shape of an example as the discriminator sees it, augmented.
    """
    hint = ": give 2 or more" if size == 1 else ""
    name = f"data.batch_size (={size}) does not work with these networks{hint}"
    _, logits = try_call(try_networks, name, gan, seen, size)
    # Of as many as fit in memory with ease.
    pack = packed(gan)
    few = min(size, pack * max(2, MOST_NUMBERS // math.prod([pack, *shape_of(gan)])))
    try:
        try_augments_and_penalties(config, gan, few)
    except ForgerError as error:
        raise ForgerError(f"in a minibatch of {few}, {error}") from error
    return logits


def check_states(gan: GAN) -> None:
    """Raises ForgerError for a module's state that no checkpoint can hold."""
    for key, value in gan.state_dict().items():
        if key.endswith(EXTRA):
            # As in penalty_mine.
            part = key.partition(".")[0].replace("_", ".", 1)
            check_savable(part, lambda value=value: value)
