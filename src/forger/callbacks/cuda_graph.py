"""An iteration as one CUDA graph: all its kernels are launched at once, with no Python in between.

Python code of an iteration runs during the capture only, not in a replay: numbers that it computes
keep their values, and hooks around a step are not called.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor
from torch.optim import Optimizer

from forger.errors import ForgerError
from forger.gan import GAN, Values
from forger.penalties import due
from forger.training.optimization import decay

# Calls before the capture, in which libraries choose kernels and optimizers make their state.
WARM_UP = 3


class Graph:
    """Replays a function of tensors as a CUDA graph, captured at the call after the warm-up.

    iterate: takes tensors of the same shapes at every call and returns tensors by name. stream:
    what it is captured on; graphs of one GAN share theirs, which keeps its own memory.
    """

    def __init__(self, iterate: Callable[..., Values], stream: torch.cuda.Stream) -> None:
        self.iterate = iterate
        self.stream = stream
        self.calls = 0
        self.graph = torch.cuda.CUDAGraph()
        self.inputs: list[Tensor] = []
        self.outputs: Values = {}

    def __call__(self, *inputs: Tensor) -> Values:
        self.calls += 1
        if self.calls <= WARM_UP:
            return self.run_eagerly(*inputs)
        if self.calls == WARM_UP + 1:
            self.inputs = [tensor.clone() for tensor in inputs]
            with torch.cuda.graph(self.graph, stream=self.stream):
                self.outputs = self.iterate(*self.inputs)
        for static, given in zip(self.inputs, inputs, strict=True):
            static.copy_(given)  # a graph reads its inputs from fixed memory
        self.graph.replay()
        # The next replay overwrites the outputs.
        return {name: tensor.clone() for name, tensor in self.outputs.items()}

    def run_eagerly(self, *inputs: Tensor) -> Values:
        """Without the graph, on the stream that it is captured on, as PyTorch asks for."""
        # The inputs may still be computed on the other stream.
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            outputs = self.iterate(*inputs)
        torch.cuda.current_stream().wait_stream(self.stream)
        return outputs


class CUDAGraph(Callback):
    """Replays `GAN.algorithm_1` as CUDA graphs: one for each set of penalties due together.

    The last iteration of each logging interval is not replayed, so that callbacks may look at
    gradients. When a schedule moves more than a learning rate, such as the momentum, or the
    average's half-life grows, all graphs are captured again. Raises ForgerError for optimizers that
    are not fused.
    """

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        self.gan = gan
        make_capturable(trainer.optimizers, gan.device)
        self.stream = torch.cuda.Stream()
        self.graphs: dict[tuple[str, ...], Graph] = {}
        self.settings: list[dict[str, Any]] = []
        self.algorithm_1 = gan.algorithm_1
        gan.algorithm_1 = self.replay

    def replay(self, images: Tensor, labels: Tensor) -> Values:
        """In place of `GAN.algorithm_1`."""
        trainer = self.gan.trainer
        settings = frozen_settings(trainer.optimizers)
        # A captured step has the old values in it, such as a momentum, or the average's decay.
        settings.append({"decay": decay(self.gan, len(labels) // self.gan.k)})
        if settings != self.settings:
            self.graphs, self.settings = {}, settings
        names = tuple(due(self.gan.penalty, self.gan.global_step))
        if names not in self.graphs:
            self.graphs[names] = Graph(self.algorithm_1, self.stream)
        graph = self.graphs[names]
        every = trainer.log_every_n_steps  # pyright: ignore[reportAttributeAccessIssue]
        looked_at = (self.gan.global_step + 1) % every == 0
        return graph.run_eagerly(images, labels) if looked_at else graph(images, labels)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        # Graphs have memory of their own, which is freed here.
        self.graphs = {}
        gan.algorithm_1 = self.algorithm_1

    def on_exception(self, trainer: Trainer, gan: GAN, exception: BaseException) -> None:
        if hasattr(self, "algorithm_1"):
            self.on_train_end(trainer, gan)


def make_capturable(optimizers: Sequence[Optimizer], device: torch.device) -> None:
    """Let a captured step read its learning rate from the device, where schedules set it.

    Raises ForgerError for optimizers that are not fused, which read it in Python.
    """
    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        if not group.get("fused"):
            raise ForgerError(
                "callbacks.cuda_graph needs fused optimizers: give optimizer.generator.fused=true"
                " optimizer.discriminator.fused=true"
            )
        group["lr"] = torch.tensor(float(group["lr"]), dtype=torch.float32, device=device)
        if "capturable" in group:
            group["capturable"] = True


def frozen_settings(optimizers: Sequence[Optimizer]) -> list[dict[str, Any]]:
    """The settings that a captured step does not read again: all but the learning rate.

    Settings that an optimizer does not have, such as a momentum that a schedule gives Adam, do not
    count. Which parameters learn is one, under "learning".
    """
    return [
        {name: group[name] for name in optimizer.defaults if name != "lr"}
        | {"learning": [parameter.requires_grad for parameter in group["params"]]}
        for optimizer in optimizers
        for group in optimizer.param_groups
    ]
