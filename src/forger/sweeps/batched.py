"""Many GANs of one architecture trained at once: each tensor of theirs is a slice of a larger one.

Every member is a run of its own, with its Lightning trainer, callbacks, optimizers and folder. Only
the arithmetic of Algorithm 1 is done for all of them together, by `torch.func.vmap`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Semaphore, Thread
from types import MethodType
from typing import Any, Generic, TypeVar, cast

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.core.optimizer import LightningOptimizer
from pytorch_lightning.utilities.exceptions import SIGTERMException
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.optim import SGD, Adam, Optimizer, RMSprop

from forger import latents
from forger.errors import ForgerError
from forger.gan import GAN
from forger.pixels import to_float
from forger.runs.checkpoints import add_configuration
from forger.seeds import derive_seed
from forger.training.ema import decay_after, is_statistic, move_average, spectral_layers
from forger.training.optimization import step_schedules
from forger.training.signals import Request, handled

T = TypeVar("T")
Batch = tuple[Tensor, Tensor]


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
    """An optimizer that holds state and learning rate, and whose steps are made elsewhere."""
    optimizer = make(parameters)
    optimizer.step = MethodType(lambda self, closure: closure(), optimizer)
    return optimizer


class BatchedRuns(Generic[T]):
    """Runs of one architecture, each in a thread; of all threads one works at a time."""

    def __init__(self) -> None:
        self.arrivals: SimpleQueue[BatchedRun | None] = SimpleQueue()
        """Who works no more: a member that waits for an update, or None, whose job is over."""
        self.stack: Stack | None = None
        self.begun = False
        self.request = Request()

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Do all jobs and return what they return.

        Members that are behind, after a kill, catch up with the others first. The first signal that
        asks for an end ends all runs after their current iteration, as it would end one. Raises
        what a job raised.
        """
        results: dict[int, T] = {}
        errors: list[BaseException] = []

        def work(number: int, job: Callable[[], T]) -> None:
            try:
                results[number] = job()
            except BaseException as error:
                errors.append(error)
            self.arrivals.put(None)

        def note(number: int, frame: object) -> None:
            if self.request.add(number):
                raise SystemExit(self.request.code)

        with handled(note):
            waiting: list[BatchedRun] = []
            for number, job in enumerate(jobs):
                Thread(target=work, args=(number, job), daemon=True).start()
                waiting += filter(None, [self.arrivals.get()])
            while waiting:
                step = min(member.gan.global_step for member in waiting)
                ready = [member for member in waiting if member.gan.global_step == step]
                self.update(ready)
                waiting = [member for member in waiting if member not in ready]
                for member in ready:
                    member.turn.release()
                    waiting += filter(None, [self.arrivals.get()])
        if errors:
            raise errors[0]
        return [results[number] for number in range(len(jobs))]

    def update(self, members: list[BatchedRun]) -> None:
        """One iteration of all these, which have come equally far."""
        try:
            if self.stack is None or self.stack.members != members:
                self.stack = Stack(members)
            self.stack.update([member.batch for member in members])
        except Exception as error:
            for member in members:
                member.error = error

    @contextmanager
    def member(self, trainer: Trainer, gan: GAN) -> Iterator[None]:
        """While this GAN is fitted, its updates are computed with those of the others."""
        member = BatchedRun(gan)
        # They keep step: one bar speaks for all.
        if self.begun and trainer.progress_bar_callback is not None:
            trainer.progress_bar_callback.disable()
        self.begun = True

        def training_step(batch: Batch) -> None:
            member.batch = batch
            self.arrivals.put(member)
            member.turn.acquire()
            if member.error is not None:
                raise member.error
            if self.request.code:
                # Lightning notes a signal in the main thread only.
                trainer._signal_connector.received_sigterm = True
            # For Lightning's hooks and its clock: the optimizers are idle.
            trainer.strategy.optimizer_step(gan.optimizer_of("discriminator"), lambda: None)
            cast(list[LightningOptimizer], gan.optimizers())[0].step()
            step_schedules(gan)

        def on_save_checkpoint(checkpoint: dict[str, Any]) -> None:
            add_configuration(gan, checkpoint)
            # A slice would be saved with all that it is a slice of.
            checkpoint.update(cloned(dict(checkpoint)))

        gan.training_step = training_step
        gan.on_save_checkpoint = on_save_checkpoint
        try:
            yield
        except SIGTERMException:
            raise SystemExit(self.request.code) from None


class Stack:
    """N GANs whose tensors are slices of these, with a first dimension of N.

    Raises ForgerError for optimizers whose steps are not proportional to the learning rate, and for
    members that differ in which parameters learn or are under spectral normalisation.
    """

    def __init__(self, members: list[BatchedRun]) -> None:
        self.members = members
        self.gans = gans = [member.gan for member in members]
        refuse_spectral_norm(
            {"generator": gans[0].generator, "discriminator": gans[0].discriminator}
        )
        self.methods = [Methods(gan) for gan in gans]
        if len({tuple(p.requires_grad for p in gan.parameters()) for gan in gans}) > 1:
            raise ForgerError(
                "launcher=together takes runs in which the same parameters are frozen: leave the"
                " launcher away"
            )
        self.parameters, self.buffers = stack_module_state(cast(list[nn.Module], self.methods))
        for i, methods in enumerate(self.methods):
            for name, parameter in methods.named_parameters():
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
            # A callback may have frozen it meanwhile.
            self.parameters[name].requires_grad_(parameter.requires_grad)
        images, labels = (torch.stack(part) for part in zip(*batches, strict=True))
        reals = to_float(images, first.value_range).chunk(first.k, dim=1)
        minibatches = list(zip(reals, labels.chunk(first.k, dim=1), strict=True))
        # One more z than minibatches, for the generator; each member draws its own as if alone.
        *noise, last = self.draw(minibatches[0][1].shape[1])
        values: dict[str, Tensor] = {}  # each (N,) or, of logits, (N, m)
        for (real, label), z in zip(minibatches, noise, strict=True):
            loss, found = self.call("discriminator_loss", z, real, label)
            values |= found
            self.optimizers["discriminator"].step(loss)
        real, label = minibatches[-1]
        loss, found = self.call("generator_loss", last, real, label)
        values |= found
        self.optimizers["generator"].step(loss)
        if first.ema is not None:
            self.update_ema(decay_after(len(label[0]), first.ema_halflife))
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
        return map(torch.stack, zip(*drawn, strict=True))

    def call(self, method: str, *inputs: Tensor) -> Any:
        """What a method of the GAN returns for each member, from inputs (N, m, ...)."""

        def one(parameters: Any, buffers: Any, *inputs: Tensor) -> Any:
            state = (parameters, buffers)
            return functional_call(self.methods[0], state, (method, *inputs))

        try:
            return vmap(one)(self.parameters, self.buffers, *inputs)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = str(error).split(". ")[0]
            raise ForgerError(
                f"launcher=together cannot compute {method} of several GANs at once: {reason}"
            ) from error


def refuse_spectral_norm(networks: Mapping[str, nn.Module]) -> None:
    """Raises ForgerError for a network whose power iteration vmap does not follow."""
    for name, network in networks.items():
        if any(spectral_layers(network)):
            raise ForgerError(
                f"launcher=together does not go with the spectral normalisation of {name}, whose"
                f" power iteration cannot be done for several GANs at once: give"
                f" {name}.spectral_norm=false if it has this setting, or take launcher=joblib"
            )


class Methods(nn.Module):
    """The methods of a GAN by name, for `functional_call`."""

    def __init__(self, gan: GAN) -> None:
        super().__init__()
        self.gan = gan

    def forward(self, method: str, *inputs: Tensor) -> Any:
        return getattr(self.gan, method)(*inputs)


class StackedOptimizer:
    """One optimizer in place of those of N networks, which may differ in their learning rates.

    It moves zeros at rate 1: what they become is the direction, along which each member goes as far
    as its own rate says. members: the optimizers of the networks, whose state are slices of this
    one's. parameters: each (N, ...). make: builds the optimizer.
    """

    def __init__(
        self,
        members: Sequence[Optimizer],
        parameters: Sequence[Tensor],
        make: Callable[..., Optimizer],
    ) -> None:
        self.groups = [member.param_groups[0] for member in members]
        self.states = [member.state for member in members]
        self.parameters = parameters
        self.directions = [nn.Parameter(torch.zeros_like(p)) for p in parameters]
        self.optimizer = make(self.directions)
        if not isinstance(self.optimizer, Adam | SGD | RMSprop) or self.groups[0]["weight_decay"]:
            raise ForgerError(
                "launcher=together takes Adam, SGD or RMSprop without weight decay as optimizers,"
                f" not {type(self.optimizer).__name__}: leave the launcher away"
            )
        self.shared: set[Tensor] = set()
        for direction, *own in zip(
            self.directions, *(g["params"] for g in self.groups), strict=True
        ):
            states = [s[p] for s, p in zip(self.states, own, strict=True) if s.get(p)]
            if states:
                self.optimizer.state[direction] = {
                    key: value.clone() if key == "step" else torch.stack([s[key] for s in states])
                    for key, value in states[0].items()
                }

    @torch.no_grad()
    def step(self, losses: Tensor) -> None:
        """Move each member down the gradient of its own loss, of losses (N,)."""
        learning = [p for p in self.parameters if p.requires_grad]
        if not learning:
            # All is frozen, and the losses have no gradient.
            return
        with torch.enable_grad():
            found = iter(torch.autograd.grad(losses.sum(), learning, allow_unused=True))
        gradients = [next(found) if p.requires_grad else None for p in self.parameters]
        for direction, gradient in zip(self.directions, gradients, strict=True):
            direction.zero_()
            if gradient is not None and gradient.stride() != direction.stride():
                # A fused step goes through memory as it lies.
                gradient = torch.empty_like(direction).copy_(gradient)
            direction.grad = gradient
        settings = {key: value for key, value in self.groups[0].items() if key != "params"}
        self.optimizer.param_groups[0] |= settings | {"lr": 1.0}
        self.optimizer.step()
        # A copy from pinned memory does not wait for the device.
        rates = torch.tensor([g["lr"] for g in self.groups], pin_memory=losses.is_cuda)
        rates = rates.to(losses.device, non_blocking=True)
        for parameter, direction in zip(self.parameters, self.directions, strict=True):
            parameter.addcmul_(rates.view(-1, *[1] * (parameter.ndim - 1)), direction)
        self.distribute(gradients)

    def distribute(self, gradients: Sequence[Tensor | None]) -> None:
        """Let each member's optimizer see its own gradients, and its own state."""
        for i, (group, state) in enumerate(zip(self.groups, self.states, strict=True)):
            for p, direction, gradient in zip(
                group["params"], self.directions, gradients, strict=True
            ):
                p.grad = None if gradient is None else gradient[i]
                if direction in self.optimizer.state and direction not in self.shared:
                    stacked: Mapping[str, Tensor] = self.optimizer.state[direction]
                    state[p] = {k: v if k == "step" else v[i] for k, v in stacked.items()}
        # A parameter that was frozen so far has none.
        self.shared = set(self.optimizer.state)


def cloned(node: Any) -> Any:
    """A copy of plain values and tensors, each tensor in memory of its own."""
    if isinstance(node, Tensor):
        return node.clone()
    if isinstance(node, dict):
        return type(node)((key, cloned(value)) for key, value in node.items())
    return type(node)(map(cloned, node)) if isinstance(node, list | tuple) else node
