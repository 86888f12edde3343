"""A dry run of the first update, without data and, where that is possible, without memory."""

import inspect
import math

import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from forger.config.activations import check_endings, check_range
from forger.config.build import build, shown
from forger.config.dry_run_parts import (
    MOST_NUMBERS,
    check_trained,
    outputs_of,
    packed,
    try_loss,
    try_optimizers,
    try_parts,
)
from forger.config.dry_run_terms import check_terms
from forger.config.meta import asks_for_values, loading_nothing
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.latents import sample_prior
from forger.runs.checkpoint_sizes import check_plain

# How torch names what a module keeps beside parameters and buffers.
EXTRA = "_extra_state"


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
    shape = list(config.data.shape)
    check_classes(gan)
    if len(shape) != 3:
        # Examples of three dimensions are images or floats, which the data say.
        check_range(gan, images=False)
    check_prior(gan)
    seen = try_parts(config, gan, shape, 2 * packed(gan))
    fake, logits = try_networks(gan, shape, seen, 2 * packed(gan), device)
    if not isinstance(logits, Tensor) or logits.shape != (2,):
        raise ForgerError(
            f"discriminator returns {shown(logits)} for two examples: it must return [2], a"
            " logit for each, as .squeeze(1) makes of [2, 1]"
        )
    check_endings(gan, fake, logits)
    check_gradients(gan, fake, logits)
    check_states(gan)
    check_trained(gan)
    check_terms(gan, fake)
    size = config.data.get("batch_size")
    if isinstance(size, int) and size > 0:
        logits = try_minibatch(config, gan, shape, seen, size, device)
    try_loss(gan, logits)
    try_optimizers(gan)


def check_prior(gan: GAN) -> None:
    """Raises ForgerError for a prior of one's own that gives something else than latent vectors."""
    if isinstance(gan.prior, str):
        return
    device = torch.device("cpu")
    z = try_call(sample_prior, "model.prior", gan.prior, 2, gan.latent_dim, device)
    wanted = (2, gan.latent_dim)
    if not isinstance(z, Tensor) or z.shape != wanted or z.dtype != torch.float32:
        raise ForgerError(
            f"model.prior returns {shown(z)} for 2 latent vectors: it must return {list(wanted)} of"
            " torch.float32"
        )


def check_gradients(gan: GAN, fake: Tensor, logits: Tensor) -> None:
    """Raises ForgerError for a network without parameters, or whose output has no gradient."""
    for name, network in gan.networks.items():
        if not any(True for _ in network.parameters()):
            raise ForgerError(f"{name} has no parameters, so nothing is trained: give it some")
    learns = any(p.requires_grad for p in gan.generator.parameters())
    for name, result, needed in (("generator", fake, learns), ("discriminator", logits, True)):
        if needed and not result.requires_grad:
            raise ForgerError(
                f"{name} gives no gradient and learns nothing: remove what detaches its output"
            )


def check_states(gan: GAN) -> None:
    """Raises ForgerError for a module's state that no checkpoint can hold."""
    for key, value in gan.state_dict().items():
        if key.endswith(EXTRA):
            # As in penalty_mine.
            part = key.partition(".")[0].replace("_", ".", 1)
            try_call(check_plain, f"the state of {part} cannot be saved in a checkpoint", value)


def try_minibatch(
    config: DictConfig, gan: GAN, shape: list[int], seen: list[int], size: int, device: torch.device
) -> Tensor:
    """The logits of a minibatch; ForgerError naming what does not take so many examples."""
    hint = ": give 2 or more" if size == 1 else ""
    name = f"data.batch_size (={size}) does not work with these networks{hint}"
    _, logits = try_call(try_networks, name, gan, shape, seen, size, device)
    # Of as many as fit in memory with ease.
    pack = packed(gan)
    few = min(size, pack * max(2, MOST_NUMBERS // math.prod([pack, *shape])))
    try:
        try_parts(config, gan, shape, few)
    except ForgerError as error:
        raise ForgerError(f"in a minibatch of {few}, {error}") from error
    return logits


def check_classes(gan: GAN) -> None:
    """Raises ForgerError unless both networks take labels of the same classes, or neither does.

    A discriminator may do without if a term compares its outputs with the labels.
    """
    for name in ("generator", "discriminator"):
        network = getattr(gan, name)
        more = required_arguments(network)[1:]
        if more and getattr(network, "classes", None) is None:
            raise ForgerError(
                f"{name} takes {more[0]} as well, but has no classes, so it gets no labels: set"
                f" self.classes in {type(network).__name__} to their number"
            )
    others = getattr(gan.discriminator, "classes", None)
    if gan.classes != others and not (gan.classes and others is None and gan.term):
        raise ForgerError(
            f"generator has classes={gan.classes} and discriminator classes={others}: give"
            " generator=conditional with discriminator=conditional or projection"
        )


def required_arguments(network: nn.Module) -> list[str]:
    """The names of what a network's `forward` must be given."""
    parameters = inspect.signature(network.forward).parameters.values()
    return [
        p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]


def try_networks(
    gan: GAN, shape: list[int], seen: list[int], count: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Examples of so many latent vectors, and their logits.

    seen: the shape of an example as the discriminator sees it, augmented.
    """
    latent = gan.latent_dim
    with device:
        # Meta tensors have shapes and no memory, so nothing is computed.
        labels = torch.zeros(count, dtype=torch.int64)
        label = () if gan.classes is None else (labels,)
        z = torch.zeros(count, latent)
        what = f"generator does not take latent vectors of [{latent}]"
        fake = try_call(gan.generator, what, z, *label)  # (count, *shape)
        whole = isinstance(fake, Tensor) and fake.shape[:1] == (count,)
        if not whole or fake.dtype != torch.float32:
            raise ForgerError(
                f"generator returns {shown(fake)} for {count} latent vectors: it must return as"
                " many examples, of torch.float32"
            )
        if list(fake.shape[1:]) != shape:
            raise ForgerError(
                f"generator returns examples of shape {list(fake.shape[1:])}, but data.shape is"
                f" {shape}: give a generator of that shape"
            )
        if not gan.augment:
            # A model may show the discriminator more than the example alone.
            seen = list(gan.fake(z, labels).shape[1:])
        x = torch.zeros(len(fake), *seen, requires_grad=True)
        pairs = not gan.augment and seen != shape
        of = f"what {type(gan).__name__} gives it," if pairs else "examples of"
        what = f"discriminator does not take {of} {seen}"
        return fake, try_call(outputs_of, what, gan, x, labels)["logits"]
