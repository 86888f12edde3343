"""How large the networks of a configuration would be, told before any of them takes memory."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from omegaconf import DictConfig
from torch import Tensor
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from forger.checks import memory
from forger.config.build import build
from forger.config.meta import asks_for_values, loading_nothing
from forger.config.settings import NETWORKS
from forger.errors import ForgerError
from forger.gan import GAN

MOST_PARAMETERS = 10_000
"""Tensors of parameters in a GAN; that of a thousand residual blocks has fewer."""


def check_size(config: DictConfig, limit: float, holder: str) -> None:
    """Raises ForgerError if the networks that a configuration describes are far too large.

    They must take no more bytes than `limit`, which `holder` holds; consist of no more layers than
    are made in seconds; and make an example without a tensor that this machine cannot hold. They
    are built, and tried, without memory. Nothing is known of networks whose constructors ask for
    values, as only a class that the user trusts does.
    """
    try:
        with torch.device("meta"), loading_nothing(), counted_parameters():
            gan = build(config, NETWORKS)
    except ForgerError as error:
        if asks_for_values(error):
            return
        raise
    needed = sum(t.numel() * t.element_size() for t in [*gan.parameters(), *gan.buffers()])
    if needed > limit:
        raise ForgerError(
            f"the networks would take {needed / 1e9:.3g} GB, and {holder} holds {limit / 1e9:.3g}:"
            " give generator and discriminator smaller sizes"
        )
    if (largest := largest_tensor(gan)) > memory():
        raise ForgerError(
            f"the networks would take {largest / 1e9:.3g} GB for a single example, and this machine"
            f" has {memory() / 1e9:.3g}: give generator and discriminator smaller sizes"
        )


@contextmanager
def counted_parameters() -> Iterator[None]:
    """Raises ForgerError where modules are made with more parameters than MOST_PARAMETERS.

    A number of blocks says how many Python makes, one after another, however small they are.
    """
    count = 0

    def register(*_: object) -> None:
        nonlocal count
        count += 1
        if count > MOST_PARAMETERS:
            raise ForgerError(f"more than {MOST_PARAMETERS:,} parameters: give fewer layers")

    handle = register_module_parameter_registration_hook(register)
    try:
        yield
    finally:
        handle.remove()


class Largest(TorchDispatchMode):
    """Notes the bytes of the largest tensor that is computed within."""

    size = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        sizes = [t.numel() * t.element_size() for t in tree_leaves(result) if isinstance(t, Tensor)]
        self.size = max([self.size, *sizes])
        return result


def largest_tensor(gan: GAN) -> int:
    """Bytes of the largest tensor on the way from a latent vector to the logit of its example.

    gan: one without memory. What its networks do not take is told where they are used.
    """
    label = () if gan.classes is None else (torch.zeros(1, dtype=torch.int64, device="meta"),)
    z = torch.zeros(1, gan.latent_dim, device="meta")
    # The latent vector itself, which the generator perhaps does not take.
    size = z.numel() * z.element_size()
    with Largest() as largest, torch.no_grad(), torch.device("meta"), suppress(Exception):
        fake = gan.generator.eval()(z, *label)
        gan.discriminator.eval()(fake, *label)
    return max(size, largest.size)
