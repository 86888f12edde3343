"""A rehearsal of a run's first update, without memory and without data."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from forger.config.activations import check_endings, check_range
from forger.config.build import build, instantiate_node
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.networks.conditional import discriminator_logits
from forger.runs.checkpoints import check_plain
from forger.terms.protocol import needs_real

MOST_NUMBERS = 10_000_000
"""Of the examples that augmentations and penalties are tried on."""
EXTRA = "_extra_state"
"""How torch names what a module keeps beside parameters and buffers."""


def dry_run(config: DictConfig) -> None:
    """Build the GAN without memory and push two latent vectors through, to see that all fits.

    Raises ForgerError naming the shapes that do not, the node whose constructor refuses, the
    augmentation or penalty that fails, what gives no gradient or a state that no checkpoint can
    hold, and what makes the numbers wrong: a generator that states another range than its last
    activation has, a discriminator that gives probabilities.
    """
    with torch.device("meta"):
        gan = build(config)
    shape = list(config.data.shape)
    check_classes(gan)
    check_range(gan, shape)
    seen = rehearse_parts(config, gan, shape, 2 * packed(gan))
    fake, logits = rehearse_networks(gan, shape, seen, 2 * packed(gan))
    if logits.shape != (2,):
        raise ForgerError(
            f"discriminator gives {list(logits.shape)} for 2 of them: logits must be [2], since"
            " [2, 1] would broadcast silently"
        )
    check_endings(gan, fake, logits)
    check_gradients(gan, fake, logits)
    check_states(gan)
    size = config.data.get("batch_size")
    if isinstance(size, int) and size > 0:
        logits = rehearse_minibatch(config, gan, shape, seen, size)
    rehearse_loss(gan, logits)
    rehearse_optimizers(gan)


def check_gradients(gan: GAN, fake: Tensor, logits: Tensor) -> None:
    """Raises ForgerError for a network whose output has no gradient."""
    learns = any(p.requires_grad for p in gan.generator.parameters())
    for name, result, needed in (("generator", fake, learns), ("discriminator", logits, True)):
        if needed and not result.requires_grad:
            raise ForgerError(f"{name} gives no gradient, as after detach(): nothing can learn")


def check_states(gan: GAN) -> None:
    """Raises ForgerError for a module's state that no checkpoint can hold."""
    for key, value in gan.state_dict().items():
        if key.endswith(EXTRA):
            # As in penalty_mine.
            part = key.partition(".")[0].replace("_", ".", 1)
            try_call(check_plain, f"the state of {part} fits in no checkpoint", value)


def rehearse_minibatch(
    config: DictConfig, gan: GAN, shape: list[int], seen: list[int], size: int
) -> Tensor:
    """The logits of a whole minibatch; ForgerError naming what does not take so many examples."""
    hint = ": give 2 or more" if size == 1 else ""
    name = f"data.batch_size (={size}) does not go with these networks{hint}"
    _, logits = try_call(rehearse_networks, name, gan, shape, seen, size)
    # Of as many as fit in memory with ease.
    pack = packed(gan)
    few = min(size, pack * max(2, MOST_NUMBERS // math.prod([pack, *shape])))
    try:
        rehearse_parts(config, gan, shape, few)
    except ForgerError as error:
        raise ForgerError(f"in a minibatch of {few}, {error}") from error
    return logits


def check_classes(gan: GAN) -> None:
    """Raises ForgerError unless both networks take labels of the same classes, or neither does.

    A discriminator may do without if a term compares its outputs with the labels.
    """
    others = getattr(gan.discriminator, "classes", None)
    if gan.classes != others and not (gan.classes and others is None and gan.term):
        raise ForgerError(
            f"generator has classes={gan.classes} and discriminator classes={others}: give"
            " generator=conditional with discriminator=conditional or projection"
        )


def packed(gan: GAN) -> int:
    """Examples that the discriminator takes for one logit."""
    return cast(int, getattr(gan.discriminator, "pack", 1))


def rehearse_networks(
    gan: GAN, shape: list[int], seen: list[int], count: int
) -> tuple[Tensor, Tensor]:
    """Examples of so many latent vectors, and their logits, without memory.

    seen: the shape of an example as the discriminator sees it, augmented.
    """
    latent = gan.latent_dim
    with torch.device("meta"):
        labels = torch.empty(count, dtype=torch.int64)
        label = () if gan.classes is None else (labels,)
        z = torch.empty(count, latent)
        what = f"generator does not take latent vectors of [{latent}]"
        fake = try_call(gan.generator, what, z, *label)
        if list(fake.shape[1:]) != shape:
            made = list(fake.shape[1:])
            raise ForgerError(f"generator makes examples of {made}, but data.shape is {shape}")
        if not gan.augment:
            # A model may show the discriminator more than the example alone.
            seen = list(gan.fake(z, labels).shape[1:])
        x = torch.empty(len(fake), *seen, requires_grad=True)
        what = f"discriminator does not take examples of {seen}"
        return fake, try_call(discriminator_logits, what, gan.discriminator, x, *label)


def rehearse_parts(config: DictConfig, gan: GAN, shape: list[int], count: int) -> list[int]:
    """Let augmentations and penalties see so many examples; the shape of an augmented one.

    On the processor, since they may ask for values, before a stand-in of the discriminator.
    Raises ForgerError naming the one that fails, or whose result is none.
    """
    low, high = gan.value_range or (-1.0, 1.0)
    parts = {group: instantiate_node(config, group) for group in ("augment", "penalty")}
    for group, named in parts.items():
        for name, part in named.items():
            if not callable(part):
                raise ForgerError(
                    f"{group}.{name}._target_ makes a {type(part).__name__}: no {group}"
                )
    if not any(parts.values()):
        return shape
    with torch.random.fork_rng(devices=[]):
        sizes = (2, count, *shape)
        noise = try_call(torch.rand, f"data.shape (={shape}) is too large to try", sizes)
        real, fake = low + (high - low) * noise
        augmented = partial(augment_examples, parts["augment"])
        seen = list(augmented(real.clone().requires_grad_()).shape[1:])
        weight = nn.Parameter(torch.ones(()))

        def discriminator(x: Tensor) -> Tensor:
            examples = (weight * augmented(x)).square().flatten(1).sum(1)  # (n,)
            return examples.unflatten(0, (-1, packed(gan))).sum(1)  # (n / pack,)

        rehearse_penalties(parts["penalty"], discriminator, weight, real, fake)
    return seen


def augment_examples(augments: dict[str, Any], x: Tensor) -> Tensor:
    """Examples (n, *shape) as the discriminator sees them; ForgerError for one that spoils them."""
    for name, augment in augments.items():
        before, found = x, list(x.shape[1:])
        x = try_call(augment, f"augment.{name} does not take examples of {found}", x)
        if not isinstance(x, Tensor) or len(x) != len(before) or not x.is_floating_point():
            what = list(x.shape) if isinstance(x, Tensor) else type(x).__name__
            raise ForgerError(
                f"augment.{name} gives {what} for examples of {list(before.shape)}: it must"
                " give as many of them, as floats"
            )
        if before.requires_grad and not x.requires_grad:
            raise ForgerError(
                f"augment.{name} gives no gradient: no generator can learn through it"
            )
    return x


def rehearse_penalties(
    penalties: dict[str, Any],
    discriminator: Callable[[Tensor], Tensor],
    weight: Tensor,
    real: Tensor,
    fake: Tensor,
) -> None:
    """Raises ForgerError naming a penalty that fails, or gives no number or no gradient.

    weight: the parameter of the discriminator.
    """
    for name, penalty in penalties.items():
        value = try_call(penalty, f"penalty.{name}", discriminator, real, fake)
        if not isinstance(value, int | float | Tensor) or torch.as_tensor(value).numel() != 1:
            found = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise ForgerError(f"penalty.{name} gives {found}: it must be a mean, a scalar tensor")
        value = torch.as_tensor(value)
        if not value.requires_grad or not any(
            torch.autograd.grad(value.sum(), weight, allow_unused=True)
        ):
            raise ForgerError(
                f"penalty.{name} gives no gradient: the discriminator learns nothing from it"
            )


def rehearse_loss(gan: GAN, logits: Tensor) -> None:
    """Raises ForgerError if a half of the loss does not take these logits, or gives no number."""
    for_generator = logits if needs_real(gan.loss, gan.term) else None
    for name, real in (("discriminator", logits), ("generator", for_generator)):
        hint = "" if real is not None else ", where real is None without generator_needs_real"
        half = try_call(getattr, "loss", gan.loss, name)
        value = try_call(half, f"loss{hint}", real, logits)
        given = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        if given != []:
            raise ForgerError(f"loss.{name} gives {given}: it must be a mean, a scalar tensor")
        if not value.requires_grad:
            raise ForgerError(f"loss.{name} gives no gradient: the {name} learns nothing from it")


def rehearse_optimizers(gan: GAN) -> None:
    """One step of each optimizer and schedule, on a parameter of its own.

    Not on the meta device, which fused optimizers refuse.
    """
    for name in gan.networks:
        for group, given in (("optimizer", gan.optimizer), ("schedule", gan.schedule)):
            if name not in given:
                raise ForgerError(
                    f"{group} has no node for the network {name} of the model: give"
                    f" '+{group}.{name}=${{{group}.generator}}'"
                )
    for name, make_schedule in gan.schedule.items():
        parameter = nn.Parameter(torch.zeros(1))
        parameter.grad = torch.zeros(1)
        optimizer = try_call(gan.optimizer[name], f"optimizer.{name}", [parameter])
        schedule = make_schedule and try_call(make_schedule, f"schedule.{name}", optimizer)
        try_call(optimizer.step, f"optimizer.{name}")
        what = f"the state of optimizer.{name} fits in no checkpoint"
        try_call(lambda optimizer: check_plain(optimizer.state_dict()), what, optimizer)
        if schedule:
            try_call(schedule.step, f"schedule.{name}")
            what = f"the state of schedule.{name} fits in no checkpoint"
            try_call(lambda schedule: check_plain(schedule.state_dict()), what, schedule)
