"""A trial of the updates of a model of one's own, in which no network is moved."""

from functools import partial
from typing import Any

import torch
from omegaconf import DictConfig
from torch import Tensor

from forger.callbacks.curves import NEEDED
from forger.config.build import shown
from forger.config.meta import asks_for_values
from forger.dry_run.networks import shape_of
from forger.errors import ForgerError, line_of_own_method, reason
from forger.gan import GAN, Values


def try_model(config: DictConfig, gan: GAN, size: int) -> None:
    """Raises ForgerError unless the updates of a model of one's own return values, as GAN's do.

    size: examples in a minibatch. Other errors are no faults of it: it may need the data, or what a
    hook of Lightning's gives it. One that asks for values is raised, as `dry_run` wants it.
    """
    if type(gan).__module__.startswith("forger."):
        return
    # Of a GAN that is thrown away: an average needs more than there is here, and penalties, which
    # were tried before, need memory.
    gan.ema, gan.penalty = None, {}
    gan.descend = partial(check_loss, gan)
    values: Values = {}
    for method, batch in updates(gan, size).items():
        call, where = getattr(gan, method), f"model: {type(gan).__name__}.{method}"
        try:
            with gan.device:
                found = call(*batch)
        except ForgerError:
            raise
        except Exception as error:
            if isinstance(error, NameError) or asks_for_values(error):
                raise ForgerError(f"{where}: {reason(error)}") from error
            return
        check_values(f"{where}{line_of_own_method(call)}", found)
        values |= found
    missing = sorted(NEEDED - values.keys())
    if missing and "curves" in config.callbacks:
        raise ForgerError(
            f"model: {type(gan).__name__}'s updates return no {missing[0]}, which callbacks.curves"
            " needs: return it, or give ~callbacks.curves"
        )


def updates(gan: GAN, size: int) -> dict[str, tuple[Tensor, Tensor]]:
    """The methods that make an iteration of a GAN, each with what it is given: zeros."""
    with gan.to(next(gan.parameters()).device).device:
        labels = torch.zeros(size, dtype=torch.int64)
        real = torch.zeros(size, *shape_of(gan))
        if type(gan).algorithm_1 is GAN.algorithm_1:
            return dict.fromkeys(("update_discriminator", "update_generator"), (real, labels))
        images = real if gan.value_range is None else real.to(torch.uint8)
        return {"algorithm_1": (torch.cat([images] * gan.k), torch.cat([labels] * gan.k))}


def check_loss(gan: GAN, loss: Tensor, *networks: str) -> None:
    """In place of `descend`: raises ForgerError unless the loss is a mean; no network is moved."""
    if loss.shape != ():
        raise ForgerError(
            f"model: {type(gan).__name__} descends {shown(loss)}: give descend a mean, a scalar of"
            " floats"
        )


def check_values(where: str, values: Any) -> None:
    """Raises ForgerError unless these are the values of an update: scalars, and logits.

    where: the method that returned them.
    """
    if not isinstance(values, dict):
        raise ForgerError(
            f"{where} returns {shown(values)}: return a dictionary of scalars by the names"
            " of their curves"
        )
    for name, value in values.items():
        if not isinstance(value, Tensor) or (value.shape != () and name not in ("real", "fake")):
            raise ForgerError(
                f"{where} returns {shown(value)} as {name}: return a tensor without"
                " dimensions, such as a mean"
            )
