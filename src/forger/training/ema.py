"""The moving average of a generator, which samples come from."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.parametrize import ParametrizationList
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.optim.swa_utils import get_ema_multi_avg_fn

if TYPE_CHECKING:
    from forger.gan import GAN

# What holds a layer's weight under spectral normalisation: a parametrization, or the older hook.
Norm = ParametrizationList | SpectralNorm
# Power iterations after each update. The average moves slowly, so a few are enough.
ITERATIONS = 5


class MovingAverage:
    """Moves one network, the average, towards another of the same architecture.

    Parameters are averaged, and so are running statistics: floating-point buffers whose name begins
    with `running_`, as in torch's normalisation layers. Other buffers are copied, such as counts,
    or a number that fades a layer in. The vectors of spectral normalisation are neither, since the
    mean of unit vectors is none: they come from power iterations on the averaged weight.
    """

    def __init__(self, average: nn.Module, current: nn.Module) -> None:
        # Listed once: a walk through all modules takes as long as the average of a small network.
        self.iterations = [partial(iterate, *layer) for layer in spectral_layers(average)]
        # By identity, since the vectors have no fixed names.
        own = {id(vector) for vector in singular_vectors(average)}
        self.parameters = list(zip(average.parameters(), current.parameters(), strict=True))
        # Buffers by name, looked up each time: an assignment replaces the tensor.
        self.statistics: list[tuple[nn.Module, nn.Module, str]] = []
        self.others: list[tuple[nn.Module, nn.Module, str]] = []
        for old, new in zip(average.modules(), current.modules(), strict=True):
            for name, buffer in old.named_buffers(recurse=False):
                if id(buffer) not in own:
                    kind = self.statistics if is_statistic(name) else self.others
                    kind.append((old, new, name))

    @torch.no_grad()
    def update(self, decay: float) -> None:
        """average = decay * average + (1 - decay) * current, see `move_average`."""
        statistics = [(getattr(a, name), getattr(b, name)) for a, b, name in self.statistics]
        move_average([*self.parameters, *statistics], decay)
        for old, new, name in self.others:
            getattr(old, name).copy_(getattr(new, name))
        for iterate in ITERATIONS * self.iterations:
            iterate()


def make_average(network: nn.Module) -> nn.Module:
    """The average at the start: a copy that no optimizer trains."""
    average = copy_network(network).requires_grad_(False)
    converge_spectral_norm(average)
    return average


def copy_network(network: nn.Module) -> nn.Module:
    """A deep copy, also of layers whose older hooks, such as `weight_norm`, keep what they compute.

    torch does not copy a tensor that is computed from parameters. The next forward pass computes it
    again, in the network and in the copy.
    """
    for module in network.modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor) and not value.is_leaf:
                # deepcopy refuses tensors that have a history of operations.
                setattr(module, name, value.detach())
    return copy.deepcopy(network)


def network_weights(gan: "GAN", state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a GAN's networks and of its average among those of a state_dict, by name."""
    prefixes = tuple(f"{network}." for network in (*gan.networks, "ema"))
    return {name: tensor for name, tensor in state.items() if name.startswith(prefixes)}


def halflife_at(seen: int, halflife: float, rampup: float | None) -> float:
    """The half-life after so many images, at most the fraction `rampup` of them; None: no limit.

    The first generators are far from good, and a long average keeps them long (Karras et al. 2020b,
    appendix B). It doubles in steps, since a CUDA graph is captured anew for each.
    """
    while rampup is not None and seen > 0 and halflife > rampup * seen:
        halflife /= 2
    return halflife


def is_statistic(name: str) -> bool:
    """Whether a buffer, by its name or its whole path, is a running statistic."""
    return name.rpartition(".")[2].startswith("running_")


@torch.no_grad()
def move_average(pairs: Iterable[tuple[Tensor, Tensor]], decay: float) -> None:
    """average = decay * average + (1 - decay) * current for each such pair; integers are copied."""
    pairs = list(pairs)
    floating = [(old, new) for old, new in pairs if old.is_floating_point()]
    olds, news = zip(*floating, strict=True)
    # All tensors in one call, which is several times as fast as one by one.
    get_ema_multi_avg_fn(decay)(olds, news, 0)
    for old, new in pairs:
        # Counts, such as those of batch normalisation, cannot be averaged.
        if not old.is_floating_point():
            old.copy_(new)


def spectral_layers(network: nn.Module) -> Iterator[tuple[nn.Module, Norm]]:
    """Layers with a weight under spectral normalisation, and what holds it there."""
    for module in network.modules():
        if parametrize.is_parametrized(module):
            chains = cast(Mapping[str, ParametrizationList], module.parametrizations)
            for chain in chains.values():
                if any(isinstance(part, _SpectralNorm) for part in chain):
                    yield module, chain
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm):
                yield module, hook


def singular_vectors(network: nn.Module) -> Iterator[Tensor]:
    """The unit vectors that spectral normalisation keeps, two for each weight."""
    for module, norm in spectral_layers(network):
        if isinstance(norm, SpectralNorm):
            yield from (getattr(module, f"{norm.name}_{side}") for side in "uv")
        else:
            for part in norm:
                yield from part.buffers() if isinstance(part, _SpectralNorm) else ()


def iterate(module: nn.Module, norm: Norm) -> None:
    """As many power iterations as a forward pass in training makes, in float32."""
    with torch.no_grad(), torch.autocast(next(module.parameters()).device.type, enabled=False):
        if isinstance(norm, SpectralNorm):
            norm.compute_weight(module, do_power_iteration=True)
        else:
            # A parametrisation iterates in training mode only.
            training = norm.training
            norm.train()()
            norm.train(training)


def converge_spectral_norm(network: nn.Module, iterations: int = 15) -> None:
    """Let spectral normalisation find the singular vectors of the weights as they are now."""
    for module, norm in spectral_layers(network):
        # On the meta device weights have no values.
        for _ in range(0 if next(module.parameters()).is_meta else iterations):
            iterate(module, norm)


def mend(network: nn.Module) -> None:
    """Make the vectors unit vectors again where they are means: Forger 0.1.0 averaged them."""
    if any((vector.norm() - 1).abs() > 1e-3 for vector in singular_vectors(network)):
        converge_spectral_norm(network, iterations=100)
