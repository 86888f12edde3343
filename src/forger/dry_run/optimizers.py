"""A trial of optimizers and schedules, and whether each parameter has an optimizer."""

import math
from functools import partial

import torch
from torch import nn
from torch.optim import Optimizer

from forger.config.build import shown
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.runs.checkpoint_sizes import check_savable


def try_optimizers(gan: GAN) -> None:
    """One step of each optimizer and schedule, on a parameter of its own.

    Not on the meta device, which fused optimizers refuse.
    """
    check_nodes(gan)
    for name, make_schedule in gan.schedule.items():
        parameter = nn.Parameter(torch.zeros(1))
        # A step without a gradient would skip the parameter, and make no state.
        parameter.grad = torch.zeros(1)
        optimizer = try_call(gan.optimizer[name], f"optimizer.{name}", [parameter])
        if not isinstance(optimizer, Optimizer):
            raise ForgerError(
                f"optimizer.{name} makes {shown(optimizer)}: it must make a torch.optim.Optimizer"
            )
        groups = getattr(optimizer, "param_groups", [{}])
        if not all("lr" in group for group in groups):
            raise ForgerError(
                f"optimizer.{name} makes {shown(optimizer)} without a learning rate: call"
                ' super().__init__(params, {"lr": lr}) in its constructor'
            )
        schedule = make_schedule and try_call(make_schedule, f"schedule.{name}", optimizer)
        if make_schedule and getattr(schedule, "optimizer", None) is not optimizer:
            raise ForgerError(
                f"schedule.{name} makes {shown(schedule)}: it must make a scheduler of the"
                " optimizer that it is given, such as torch.optim.lr_scheduler.LambdaLR"
            )
        # As Lightning calls it.
        step = partial(optimizer.step, closure=lambda: 0.0)
        try_call(step, f"optimizer.{name}")
        check_savable(f"optimizer.{name}", optimizer.state_dict)
        if schedule:
            try_call(schedule.step, f"schedule.{name}")
            if not all(0 <= group["lr"] < math.inf for group in optimizer.param_groups):
                raise ForgerError(
                    f"schedule.{name} gives a rate of {optimizer.param_groups[0]['lr']} at update"
                    " 1: it must be a number from 0 on"
                )
            check_savable(f"schedule.{name}", schedule.state_dict)


def check_nodes(gan: GAN) -> None:
    """Raises ForgerError for a network of the model without an optimizer or a schedule."""
    for name in gan.networks:
        for group, given in (("optimizer", gan.optimizer), ("schedule", gan.schedule)):
            if name not in given:
                raise ForgerError(
                    f"{group} has no node for the network {name} of the model: give"
                    f" '+{group}.{name}=${{{group}.generator}}', or leave out ~{group}.{name}"
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
