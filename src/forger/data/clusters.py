"""Classes without labels: groups of like examples."""

from collections.abc import Mapping

import torch
from torch import Tensor

from forger.data.minibatches import Split

COMPONENTS = 32
SAMPLE, CHUNK = 10_000, 4096


def cluster(splits: Mapping[str, Split], count: int) -> dict[str, Split]:
    """The same examples, labelled by `count` groups of like ones, of about one size in "train".

    Each group is halved at the median of its training examples along their first principal
    direction, until there are enough (Boley 1998). Examples of other splits go by the same halves.
    count: a power of two, at most the number of training examples.
    """
    components = principal_components(splits["train"].examples)
    reduced = {name: reduce(split.examples, components) for name, split in splits.items()}
    labels = {name: torch.zeros_like(split.labels) for name, split in splits.items()}
    for _ in range(count.bit_length() - 1):
        halves = {name: torch.zeros_like(part) for name, part in labels.items()}
        for group in labels["train"].unique():
            members = {name: part == group for name, part in labels.items()}  # (n,) of each split
            train = reduced["train"][members["train"]]  # (members, components)
            # Eigenvectors of the covariance, that of the largest eigenvalue last.
            direction = torch.linalg.eigh(train.T.cov(correction=0)).eigenvectors[:, -1]
            middle = (train @ direction).quantile(0.5)
            for name, chosen in members.items():
                halves[name][chosen] = (reduced[name][chosen] @ direction > middle).long()
        # A digit more of the number of the group, in base 2.
        labels = {name: 2 * part + halves[name] for name, part in labels.items()}
    return {name: Split(split.examples, labels[name]) for name, split in splits.items()}


def principal_components(examples: Tensor) -> Tensor:
    """The first principal directions (values, components) of examples (n, *shape).

    They come from evenly spaced examples: all of them may not fit in memory as float32.
    """
    some = examples[:: max(1, len(examples) // SAMPLE)].flatten(1).float()
    components = min(COMPONENTS, *some.shape)
    # It starts from random directions, which must be the same in each start of a run.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return torch.pca_lowrank(some, components)[2]


def reduce(examples: Tensor, components: Tensor) -> Tensor:
    """Coordinates (n, components), float64, along the components; some examples at a time."""
    # (chunk, *shape) -> (chunk, values) -> (chunk, components)
    chunks = [chunk.flatten(1).float() @ components for chunk in examples.split(CHUNK)]
    return torch.cat(chunks).double()
