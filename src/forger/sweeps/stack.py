"""The tensors of many GANs as slices of larger ones, and Algorithm 1 on all of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from threading import Semaphore
from types import MethodType
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.optim import Optimizer

from forger import latents
from forger.errors import ForgerError
from forger.gan import GAN
from forger.pixels import to_float
from forger.seeds import derive_seed
from forger.sweeps.stacked_optimizer import StackedOptimizer
from forger.training.ema import is_statistic, move_average
from forger.training.optimization import decay

Batch = tuple[Tensor, Tensor]

# Words in what torch says of a method that it cannot compute of several GANs, and what they mean.
REASONS = {
    "random operation": "a network, penalty, term or augmentation draws random numbers there",
    "requires_grad_()": "a penalty or term takes a gradient there by requires_grad_()",
    ".item()": "a part of it asks a tensor for its value",
    "data-dependent control flow": "a part of it asks a tensor for its value",
}


class BatchedRun:
    """A run that waits for its next update. Its thread and that of all runs take turns."""

    def __init__(self, gan: GAN) -> None:
        self.gan = gan
        self.optimizer = gan.optimizer
        gan.optimizer = {name: partial(without_step, make) for name, make in gan.optimizer.items()}
        self.batch: Batch
        self.turn = Semaphore(0)
        self.error: BaseException | None = None


def without_step(make: Callable[..., Optimizer], parameters: Iterable[Tensor]) -> Optimizer:
    """An optimizer with state and learning rate, whose steps are made by `StackedOptimizer`."""
    optimizer = make(parameters)
    optimizer.step = MethodType(lambda self, closure: closure(), optimizer)
    return optimizer


class Stack:
    """N GANs whose tensors are slices of these, with a first dimension of N.

    Raises ForgerError for optimizers whose steps are not proportional to the learning rate, and for
    members that differ in which parameters learn.
    """

    def __init__(self, members: list[BatchedRun]) -> None:
        self.members = members
        self.gans = gans = [member.gan for member in members]
        for name, term in gans[0].term.items():
            if hasattr(term, "trained_by"):
                raise ForgerError(
                    f"launcher=together does not train term.{name}: remove +launcher=together"
                )
        self.methods = [Methods(gan) for gan in gans]
        if len({tuple(p.requires_grad for p in gan.parameters()) for gan in gans}) > 1:
            raise ForgerError(
                "launcher=together needs runs in which the same parameters are frozen: remove"
                " +launcher=together"
            )
        # By name, (N, *shape) each.
        self.parameters, self.buffers = stack_module_state(cast(list[nn.Module], self.methods))
        for i, methods in enumerate(self.methods):
            for name, parameter in methods.named_parameters():
                # Each network's own parameter becomes a view of this: callbacks see it change.
                parameter.data = self.parameters[name].data[i]
            for name, buffer in methods.named_buffers():
                buffer.data = self.buffers[name][i]
        self.own = list(self.methods[0].named_parameters())
        self.optimizers = {
            name: StackedOptimizer(
                [gan.trainer.optimizers[i] for gan in gans],
                [p for key, p in self.parameters.items() if key.startswith(f"gan.{name}.")],
                members[0].optimizer[name],
            )
            for i, name in enumerate(("generator", "discriminator"))
        }

    def update(self, batches: Sequence[Batch]) -> None:
        """Algorithm 1, see `GAN.algorithm_1`, on the batch of each."""
        first = self.gans[0]
        for name, parameter in self.own:
            # A callback may have frozen it in the meantime.
            self.parameters[name].requires_grad_(parameter.requires_grad)
        of_first = numbers(first)
        if any(numbers(gan) != of_first for gan in self.gans[1:]):
            raise ForgerError(
                "launcher=together takes the numbers of loss, penalty, term and augment from the"
                " first run, and a callback has made those of the runs differ: remove"
                " +launcher=together"
            )
        # (N, k m, *shape) and (N, k m).
        images, labels = (torch.stack(part) for part in zip(*batches, strict=True))
        reals = to_float(images, first.value_range).chunk(first.k, dim=1)  # k of (N, m, *shape)
        minibatches = list(zip(reals, labels.chunk(first.k, dim=1), strict=True))
        # One more z than minibatches, for the generator; each member draws its own as if alone.
        *noise, last = self.draw(minibatches[0][1].shape[1])
        values: dict[str, Tensor] = {}  # each (N,) or, of logits, (N, m)
        for (real, label), z in zip(minibatches, noise, strict=True):
            loss, found = self.call("discriminator_loss", z, real, label)
            values |= found
            self.optimizers["discriminator"].step(loss)  # losses (N,)
        real, label = minibatches[-1]
        loss, found = self.call("generator_loss", last, real, label)
        values |= found
        self.optimizers["generator"].step(loss)
        if first.ema is not None:
            self.update_ema(decay(first, len(label[0])))
        for i, gan in enumerate(self.gans):
            gan.last = {name: value[i].detach() for name, value in values.items()}

    @torch.no_grad()
    def update_ema(self, decay: float) -> None:
        """As `MovingAverage` does; networks under spectral normalisation are not stacked."""
        averaged, copied = dict(self.parameters), {}
        for name, buffer in self.buffers.items():
            (averaged if is_statistic(name) else copied)[name] = buffer
        move_average(self.ema_pairs(averaged), decay)
        for old, new in self.ema_pairs(copied):
            old.copy_(new)

    def ema_pairs(self, tensors: Mapping[str, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """Those of the averages, each with that of the generators it follows."""
        prefix = "gan.ema."
        for name, tensor in tensors.items():
            if name.startswith(prefix):
                yield tensor, tensors[f"gan.generator.{name.removeprefix(prefix)}"]

    def draw(self, count: int) -> Iterator[Tensor]:
        """k + 1 times the latent vectors (N, count, latent_dim) that each would draw."""
        drawn = []
        for gan in self.gans:
            seed = derive_seed(gan.seed, gan.global_rank, gan.global_step)
            generator = torch.Generator(gan.device).manual_seed(seed)
            draw = partial(
                latents.sample_prior, gan.prior, count, gan.latent_dim, gan.device, generator
            )
            drawn.append([draw() for _ in range(gan.k + 1)])
        return map(torch.stack, zip(*drawn, strict=True))  # k + 1 of (N, count, latent_dim)

    def call(self, method: str, *inputs: Tensor) -> Any:
        """What a method of the GAN returns for each member, from inputs (N, m, ...)."""

        def one(parameters: Any, buffers: Any, *inputs: Tensor) -> Any:
            state = (parameters, buffers)
            return functional_call(self.methods[0], state, (method, *inputs))

        try:
            # Over the first dimension, N, of all.
            return vmap(one)(self.parameters, self.buffers, *inputs)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            # The rest of torch's message is about its own code.
            reasons = (reason for words, reason in REASONS.items() if words in str(error))
            reason = next(reasons, str(error).split(". ")[0])
            raise ForgerError(
                f"launcher=together cannot compute {method} of several GANs at once: {reason};"
                " give +launcher=joblib, or none"
            ) from error


def numbers(gan: GAN) -> list[dict[str, float]]:
    """The numbers of the game that a callback may move, such as gamma of R1."""
    parts = [gan.loss, *gan.penalty.values(), *gan.term.values(), *gan.augment.values()]
    return [
        {k: v for k, v in getattr(part, "__dict__", {}).items() if type(v) is float}
        for part in parts
    ]


class Methods(nn.Module):
    """The methods of a GAN by name, for `functional_call`."""

    def __init__(self, gan: GAN) -> None:
        super().__init__()
        self.gan = gan

    def forward(self, method: str, *inputs: Tensor) -> Any:
        return getattr(self.gan, method)(*inputs)
