"""Training examples by index, from memory."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from forger.seeds import derive_seed


class Split(NamedTuple):
    """examples: images, uint8 (n, C, H, W), or points, float32 (n, *shape). labels: int64 (n,)."""

    examples: Tensor
    labels: Tensor


class Minibatches:
    """The examples of one iteration at a time, in an order that is a function of seed and epoch.

    split: examples (n, *shape) and labels (n,), already on the training device. size: examples an
    iteration takes on each rank. Each epoch has its own permutation of all examples, the same on
    every rank, which then take turns by iteration slice; what is left over at its end is dropped
    (drop_last), and other examples are left over in the next. Yields examples (size, *shape) and
    labels (size,).

    Epoch, the seed of its order and examples taken are state, so that a run resumed in the middle
    of an epoch continues with the next example, in minibatches of any size; another seed orders the
    epochs after it. Lightning prefetches, and would skip one, without `__len__`.
    """

    def __init__(
        self, split: Split, size: int, seed: int, rank: int = 0, world_size: int = 1
    ) -> None:
        self.split = split
        self.size = size
        self.seed = self.epoch_seed = seed
        self.rank = rank
        # Examples that an iteration takes on all ranks, and took before the run was resumed.
        self.joint_size = self.former_size = size * world_size
        self.epoch = 0
        # Examples of this epoch that were taken.
        self.taken = 0

    def __len__(self) -> int:
        return len(self.split.examples) // self.joint_size

    @property
    def left(self) -> int:
        """Iterations that are left in this epoch."""
        return (len(self.split.examples) - self.taken) // self.joint_size

    def __iter__(self) -> Iterator[Split]:
        if self.left < 1:
            self.epoch, self.taken, self.epoch_seed = self.epoch + 1, 0, self.seed
        # (n,) on the device of the examples.
        order = self.order().to(self.split.examples.device, non_blocking=True)
        while self.left > 0:
            # The ranks take turns: each iteration uses a slice of the order for each of them.
            start = self.taken + self.rank * self.size
            # Before the yield: a checkpoint in this iteration resumes with the next minibatch.
            self.taken += self.joint_size
            chosen = order[start : start + self.size]
            yield Split(*(tensor.index_select(0, chosen) for tensor in self.split))

    def order(self) -> Tensor:
        """The permutation of all n examples in this epoch, int64 (n,)."""
        generator = torch.Generator().manual_seed(derive_seed(self.epoch_seed, self.epoch))
        examples = self.split.examples
        # A copy from pinned memory does not wait for the device.
        return torch.randperm(len(examples), generator=generator, pin_memory=examples.is_cuda)

    def state_dict(self) -> dict[str, int]:
        return {
            "epoch": self.epoch,
            "taken": self.taken,
            "size": self.joint_size,
            "seed": self.epoch_seed,
        }

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.former_size = state.get("size", self.joint_size)
        self.epoch_seed = state.get("seed", self.seed)
        # Before, the iterations of an epoch were stored.
        taken = state.get("taken", state.get("position", 0) * self.joint_size)
        # What the former size left over at the end of its epoch is not taken by a smaller one.
        over = taken + self.former_size > (count := len(self.split.examples))
        self.epoch, self.taken = state["epoch"], count if over else taken
