"""A trial of augmentations and penalties on examples of noise."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from forger.config.build import instantiate_node, shown
from forger.dry_run.loss import check_mean
from forger.dry_run.networks import packed, shape_of
from forger.errors import ForgerError, try_call
from forger.gan import GAN


def try_augments_and_penalties(config: DictConfig, gan: GAN, count: int) -> list[int]:
    """Let augmentations and penalties see so many examples; the shape of an augmented one.

    On the processor, since they may ask for values, before a stand-in of the discriminator.
    Raises ForgerError naming the one that fails, or whose result is none.
    """
    shape, (low, high) = shape_of(gan), gan.value_range or (-1.0, 1.0)
    parts = {group: instantiate_node(config, group) for group in ("augment", "penalty")}
    for group, named in parts.items():
        for name, part in named.items():
            if not callable(part):
                raise ForgerError(
                    f"{group}.{name} is a {type(part).__name__}, which cannot be called on"
                    " examples: give another _target_"
                )
    of_terms = augments_of_terms(config)
    if not any([*parts.values(), of_terms]):
        return shape
    sizes = (2, count, *shape)
    noise = try_call(torch.rand, f"data.shape (={shape}) is too large to try", sizes)
    real, fake = low + (high - low) * noise  # (count, *shape) each
    for where, augments in of_terms.items():
        augment_examples(augments, real, where)
    augmented = partial(augment_examples, parts["augment"])
    seen = list(augmented(real.clone().requires_grad_()).shape[1:])
    # The stand-in of the discriminator has one parameter, on which a penalty must depend.
    weight = nn.Parameter(torch.ones(()))

    def discriminator(x: Tensor) -> Tensor:
        examples = (weight * augmented(x)).square().flatten(1).sum(1)  # (n,)
        return examples.unflatten(0, (-1, packed(gan))).sum(1)  # (n / pack,)

    try_penalties(parts["penalty"], discriminator, weight, real, fake)
    return seen


def augments_of_terms(config: DictConfig) -> dict[str, dict[str, Any]]:
    """The augmentations that terms have as a setting of this name, as consistency does."""
    paths = [f"term.{name}.augment" for name in config.term]
    nodes = [path for path in paths if OmegaConf.is_dict(OmegaConf.select(config, path))]
    made = {path: instantiate_node(config, path) for path in nodes}
    return {path: part for path, part in made.items() if isinstance(part, dict)}


def augment_examples(augments: Mapping[str, Any], x: Tensor, where: str = "augment") -> Tensor:
    """Examples (n, *shape) as the discriminator sees them; ForgerError for one that spoils them."""
    for name, augment in augments.items():
        before, found = x, list(x.shape[1:])
        x = try_call(augment, f"{where}.{name} does not take examples of {found}", x)
        if not isinstance(x, Tensor) or len(x) != len(before) or x.dtype != before.dtype:
            raise ForgerError(
                f"{where}.{name} returns {shown(x)} for examples of {list(before.shape)}: it must"
                f" return as many examples, of {before.dtype}"
            )
        if before.requires_grad and not x.requires_grad:
            raise ForgerError(
                f"{where}.{name} gives no gradient, so no generator can learn through it: compute"
                " it by differentiable operations"
            )
    return x


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
        # A weight of 0, the baseline of an ablation, gives 0 and no gradient.
        learns = value.requires_grad and (
            not value or any(torch.autograd.grad(value, weight, allow_unused=True))
        )
        if not learns:
            raise ForgerError(
                f"penalty.{name} gives no gradient, so the discriminator learns nothing from it:"
                " compute it from the discriminator's logits"
            )
