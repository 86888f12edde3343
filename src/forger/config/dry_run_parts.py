"""A trial of augmentations, penalties, loss and optimizers, before a run has data."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
from omegaconf import DictConfig
from torch import Tensor, nn
from torch.optim import Optimizer

from forger.config.build import instantiate_node, shown
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.networks.conditional import discriminator_outputs
from forger.runs.checkpoint_sizes import check_savable
from forger.terms.protocol import needs_real

# Most numbers in the examples that augmentations and penalties are tried on.
MOST_NUMBERS = 10_000_000


def try_parts(config: DictConfig, gan: GAN, shape: list[int], count: int) -> list[int]:
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
                    f"{group}.{name} is a {type(part).__name__}, which cannot be called on"
                    " examples: give another _target_"
                )
    if not any(parts.values()):
        return shape
    sizes = (2, count, *shape)
    noise = try_call(torch.rand, f"data.shape (={shape}) is too large to try", sizes)
    real, fake = low + (high - low) * noise  # (count, *shape) each
    augmented = partial(augment_examples, parts["augment"])
    seen = list(augmented(real.clone().requires_grad_()).shape[1:])
    # The stand-in of the discriminator has one parameter, on which a penalty must depend.
    weight = nn.Parameter(torch.ones(()))

    def discriminator(x: Tensor) -> Tensor:
        examples = (weight * augmented(x)).square().flatten(1).sum(1)  # (n,)
        return examples.unflatten(0, (-1, packed(gan))).sum(1)  # (n / pack,)

    try_penalties(parts["penalty"], discriminator, weight, real, fake)
    return seen


def augment_examples(augments: dict[str, Any], x: Tensor) -> Tensor:
    """Examples (n, *shape) as the discriminator sees them; ForgerError for one that spoils them."""
    for name, augment in augments.items():
        before, found = x, list(x.shape[1:])
        x = try_call(augment, f"augment.{name} does not take examples of {found}", x)
        if not isinstance(x, Tensor) or len(x) != len(before) or x.dtype != before.dtype:
            raise ForgerError(
                f"augment.{name} returns {shown(x)} for examples of {list(before.shape)}: it must"
                f" return as many examples, of {before.dtype}"
            )
        if before.requires_grad and not x.requires_grad:
            raise ForgerError(
                f"augment.{name} gives no gradient, so no generator can learn through it: compute"
                " it by differentiable operations"
            )
    return x


def check_mean(name: str, value: Any) -> None:
    """Raises ForgerError unless a part of an objective returns what can be added to it."""
    if not isinstance(value, Tensor) or value.shape != () or not value.is_floating_point():
        raise ForgerError(f"{name} returns {shown(value)}: return a mean, a scalar of floats")


def try_penalties(
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
        check_mean(f"penalty.{name}", value)
        if not value.requires_grad or not any(
            torch.autograd.grad(value, weight, allow_unused=True)
        ):
            raise ForgerError(
                f"penalty.{name} gives no gradient, so the discriminator learns nothing from it:"
                " compute it from the discriminator's logits"
            )


def check_trained(gan: GAN) -> None:
    """Raises ForgerError for parameters in the parts of an objective that no optimizer would train.

    A network that is kept as it is has none that learn.
    """
    groups = {"penalty": gan.penalty, "augment": gan.augment, "term": gan.term}
    parts = {f"{group}.{name}": part for group in groups for name, part in groups[group].items()}
    for name, part in {"loss": gan.loss, **parts}.items():
        is_module, is_term = isinstance(part, nn.Module), name.startswith("term.")
        held = [part] if is_module else getattr(part, "__dict__", {}).values()
        modules = [module for module in held if isinstance(module, nn.Module)]
        learns = any(p.requires_grad for module in modules for p in module.parameters())
        if learns and not (is_module and is_term):
            way = "make it a child of nn.Module" if is_term else "make a term of them"
            raise ForgerError(
                f"{name} has parameters that no optimizer trains: {way}, with trained_by ="
                " 'discriminator' or 'generator', or freeze them by requires_grad_(False)"
            )


def packed(gan: GAN) -> int:
    """Examples that the discriminator takes for one logit."""
    return cast(int, getattr(gan.discriminator, "pack", 1))


def outputs_of(gan: GAN, x: Tensor, label: Tensor) -> dict[str, Tensor]:
    """What the discriminator gives for examples x, augmented already: of a dry run."""
    try:
        return discriminator_outputs(gan.discriminator, x, label)
    except Exception:
        # A model of one's own may give it more than examples, such as how noisy they are.
        if type(gan).outputs is GAN.outputs:
            raise
        return gan.outputs(x, label)


def try_loss(gan: GAN, logits: Tensor) -> None:
    """Raises ForgerError if a half of the loss does not take these logits, or gives no number."""
    # The generator's loss gets no real logits unless it asks for them.
    for_generator = logits if needs_real(gan.loss, gan.term) else None
    for name, real in (("discriminator", logits), ("generator", for_generator)):
        hint = "" if real is not None else ", where real is None without generator_needs_real"
        half = try_call(getattr, "loss", gan.loss, name)
        value = try_call(half, f"loss{hint}", real, logits)
        check_mean(f"loss.{name}", value)
        learns = any(hasattr(term, name) for term in gan.term.values())
        if not value.requires_grad and not learns:
            raise ForgerError(
                f"loss.{name} gives no gradient, so the {name} learns nothing from it: compute it"
                " from the logits, or give a term"
            )


def try_optimizers(gan: GAN) -> None:
    """One step of each optimizer and schedule, on a parameter of its own.

    Not on the meta device, which fused optimizers refuse.
    """
    for name in gan.networks:
        for group, given in (("optimizer", gan.optimizer), ("schedule", gan.schedule)):
            if name not in given:
                raise ForgerError(
                    f"{group} has no node for the network {name} of the model: give"
                    f" '+{group}.{name}=${{{group}.generator}}', or leave out ~{group}.{name}"
                )
    for name, make_schedule in gan.schedule.items():
        parameter = nn.Parameter(torch.zeros(1))
        # A step without a gradient would skip the parameter, and make no state.
        parameter.grad = torch.zeros(1)
        optimizer = try_call(gan.optimizer[name], f"optimizer.{name}", [parameter])
        if not isinstance(optimizer, Optimizer):
            raise ForgerError(
                f"optimizer.{name} makes {shown(optimizer)}: it must make a torch.optim.Optimizer"
            )
        schedule = make_schedule and try_call(make_schedule, f"schedule.{name}", optimizer)
        if make_schedule and getattr(schedule, "optimizer", None) is not optimizer:
            raise ForgerError(
                f"schedule.{name} makes {shown(schedule)}: it must make a scheduler of the"
                " optimizer that it is given, such as torch.optim.lr_scheduler.LambdaLR"
            )
        try_call(optimizer.step, f"optimizer.{name}")
        check_savable(f"optimizer.{name}", optimizer.state_dict)
        if schedule:
            try_call(schedule.step, f"schedule.{name}")
            if not all(0 <= group["lr"] < math.inf for group in optimizer.param_groups):
                raise ForgerError(
                    f"schedule.{name} gives a rate of {optimizer.param_groups[0]['lr']} at update"
                    " 1: it must be a number from 0 on"
                )
            check_savable(f"schedule.{name}", schedule.state_dict)
