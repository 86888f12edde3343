"""What one wrapper for both networks costs two processes: `python benchmarks/ddp.py [KEY=VALUE …]`.

Lightning wraps the whole module, which holds both networks, in torch's DistributedDataParallel.
Each update has the gradients of one network, so that the wrapper must look for unused parameters.
The other way, which Lightning does not have, is a wrapper for each network. static_graph, which
saves the search, is refused by torch, and its sentence is printed.

Two processes on the processor with one thread each, Forger's networks of these settings in a plain
loop; ROUNDS turns of each way, one after the other. Prints the medians and quartiles of
milliseconds an iteration, and of their ratio within a round.
"""

import os
import sys
import time
from statistics import median, quantiles
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel

import forger
from forger.config.build import build
from forger.gan import GAN
from forger.training.optimization import frozen

ROUNDS, ITERATIONS = 20, 20


class Losses(nn.Module):
    """Both losses of a GAN, as a module that can be wrapped; examples are noise."""

    def __init__(self, gan: GAN, shape: list[int]) -> None:
        super().__init__()
        self.generator, self.discriminator, self.loss = gan.generator, gan.discriminator, gan.loss
        self.z, self.real = torch.randn(64, gan.latent_dim), torch.rand(64, *shape)

    def forward(self, name: str) -> Tensor:
        if name == "generator":
            return self.loss.generator(None, self.discriminator(self.generator(self.z)))
        with torch.no_grad():
            fake = self.generator(self.z)
        return self.loss.discriminator(self.discriminator(self.real), self.discriminator(fake))


def iteration(losses: dict[str, nn.Module], discriminator: nn.Module) -> None:
    """The gradients of both updates, each by the wrapper of its network's loss."""
    losses["discriminator"]("discriminator").backward()
    with frozen(discriminator):
        losses["generator"]("generator").backward()


def wrapped_once(losses: Losses, **how: Any) -> dict[str, nn.Module]:
    return dict.fromkeys(["generator", "discriminator"], DistributedDataParallel(losses, **how))


def wrapped_each(losses: Losses) -> dict[str, nn.Module]:
    # A wrapper takes the parameters that learn when it is made.
    with frozen(losses.discriminator):
        generator = DistributedDataParallel(losses)
    with frozen(losses.generator):
        return {"generator": generator, "discriminator": DistributedDataParallel(losses)}


def measure(rank: int, settings: list[str]) -> None:
    """Time both ways in turn; the first process prints."""
    torch.set_num_threads(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511"}
    dist.init_process_group("gloo", rank=rank, world_size=2)
    config = forger.compose(settings)
    one, each, static = (Losses(build(config), list(config.data.shape)).train() for _ in range(3))
    ways = {
        "one wrapper": (wrapped_once(one, find_unused_parameters=True), one.discriminator),
        "a wrapper a network": (wrapped_each(each), each.discriminator),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, way in ways.items():
            dist.barrier()
            begun = time.perf_counter()
            for _ in range(ITERATIONS):
                iteration(*way)
            taken[name].append(1000 * (time.perf_counter() - begun) / ITERATIONS)
    try:
        iteration(wrapped_once(static, static_graph=True), static.discriminator)
        refused = "it was not refused"
    except RuntimeError as error:
        refused = str(error).partition(", e.g.")[0]
    if rank == 0:
        print_times({name: turns[1:] for name, turns in taken.items()})  # the first warms up
        print(f"\nstatic_graph: {refused}")
    dist.destroy_process_group()


def print_times(rows: dict[str, list[float]]) -> None:
    """A row for each way, and their ratio."""
    first, second = rows.values()
    rows["ratio"] = [a / b for a, b in zip(first, second, strict=True)]
    print("| | median | quartiles |\n|---|---|---|")
    for name, turns in rows.items():
        low, _, high = quantiles(turns, n=4)
        print(f"| {name} | {median(turns):.3g} | {low:.3g} to {high:.3g} |")


if __name__ == "__main__":
    spawn(measure, (sys.argv[1:],), nprocs=2)
