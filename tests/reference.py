"""The parts that hand-written references of training share."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from forger.data.memory import InMemory
from forger.data.minibatches import Split
from tiny import networks

BATCH = 4

NETWORKS: dict[str, Callable[[], dict[str, nn.Module]]] = {
    "batch norm": partial(networks, batch_norm=True, dropout=0.0),
    "dropout": partial(networks, batch_norm=False, dropout=0.5),
}


# Not Adam: it makes full steps of the rounding noise in a gradient that is truly 0, such as that of
# a bias before batch normalisation.
sgd = partial(torch.optim.SGD, lr=0.1, momentum=0.5)


def minibatches(data: InMemory) -> Iterator[Split]:
    """What the loader gives, one iteration after the other."""
    data.setup()
    yield from data.train_dataloader()


def apply(optimizer: Optimizer, network: nn.Module, gradients: tuple[Tensor, ...]) -> None:
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()
