"""What Lightning does under automatic optimization, and the GAN does itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import torch
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from forger.errors import ForgerError
from forger.seeds import derive_seed
from forger.training.ema import halflife_at

if TYPE_CHECKING:
    from forger.gan import GAN


def configure(gan: "GAN") -> tuple[list[Optimizer], list[LRScheduler]]:
    """The optimizers in the order of `gan.networks`, and their schedules."""
    optimizers = {n: gan.optimizer[n](parameters(gan, n)) for n in gan.networks}
    schedules = {n: make for n in gan.networks if (make := gan.schedule[n]) is not None}
    return list(optimizers.values()), [make(optimizers[n]) for n, make in schedules.items()]


def parameters(gan: "GAN", network: str) -> list[nn.Parameter]:
    """What a network's optimizer trains: the network, and the terms that name it."""
    terms = [term for term in gan.term.values() if getattr(term, "trained_by", None) == network]
    return [p for module in (gan.networks[network], *terms) for p in module.parameters()]


def optimizer_of(gan: "GAN", network: str) -> Optimizer:
    """The optimizer of a network, by the network's name."""
    names = list(gan.networks)
    if network not in names:
        raise ForgerError(
            f"model: {network} is none of its networks, {', '.join(names)}: name one of them, or"
            " give it in the property networks"
        )
    return gan.trainer.optimizers[names.index(network)]


def reseed(gan: "GAN") -> None:
    """Make all that this iteration draws a function of seed, rank and update.

    `torch.manual_seed` asks every kind of device that PyTorch knows, which takes half the time of
    a small network's iteration.
    """
    seed = derive_seed(gan.seed, gan.global_rank, gan.global_step)
    torch.default_generator.manual_seed(seed)
    if gan.device.type != "cpu":
        torch.get_device_module(gan.device).manual_seed(seed)


def update_average(gan: "GAN", minibatch_size: int) -> None:
    """Move the average by the images of one generator update, on all ranks, if there is one."""
    if gan.ema is not None:
        gan.average.update(decay(gan, minibatch_size))


def decay(gan: "GAN", minibatch_size: int) -> float:
    """The weight of the old average in a generator update; 0 without an average."""
    images = minibatch_size * gan.trainer.world_size
    halflife = halflife_at(images * (gan.global_step + 1), gan.ema_halflife, gan.ema_rampup)
    return 0.5 ** (images / halflife) if halflife else 0.0


def step_schedules(gan: "GAN") -> None:
    """Advance all learning rates, once for each generator update."""
    for config in gan.trainer.lr_scheduler_configs:
        cast(LRScheduler, config.scheduler).step()


def count_update(gan: "GAN") -> None:
    """Make `global_step` the number of generator updates, for any k.

    Lightning counts the steps of its wrappers of optimizers. `GAN.descend` steps beneath them, so
    that the discriminator's are not counted; this counts the generator's.
    """
    wrapper = cast(list[LightningOptimizer], gan.optimizers())[0]
    # Lightning counts in these two hooks, around the step that it would make.
    wrapper._on_before_step()
    wrapper._on_after_step()


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Leave a network's parameters out of gradients; those that learned before learn after it."""
    # Parameters that were frozen before must stay frozen afterwards.
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)
