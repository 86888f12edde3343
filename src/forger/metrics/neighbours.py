"""Distances between two sets of images or features, in bounded memory."""

from collections.abc import Iterator

import torch
from torch import Tensor

from forger.errors import ForgerError

ENTRIES = 2**22  # distances held at a time: 32 MiB in float64


def distances(rows: Tensor, columns: Tensor) -> Iterator[Tensor]:
    """Yield the Euclidean distances of some rows to all columns, float64 (block, m), in order.

    `rows` (n, ...) and `columns` (m, ...) hold one point an entry, of equal shape and any dtype.
    """
    columns = columns.flatten(1).cpu().double()
    for block in rows.flatten(1).split(max(1, ENTRIES // len(columns))):
        # a matrix product: in float64 exact for uint8, whose squared distances are whole numbers
        mode = "use_mm_for_euclid_dist"
        yield torch.cdist(block.cpu().double(), columns, compute_mode=mode)


def radii(points: Tensor, k: int) -> Tensor:
    """Distance from each point to its k-th nearest neighbour, itself not counted, float64 (n,).

    Raises ForgerError unless k < n.
    """
    if k >= len(points):
        raise ForgerError(f"k (={k}) must be below the number of images, here {len(points)}")
    nearest = [d.topk(k + 1, largest=False).values for d in distances(points, points)]
    return torch.cat(nearest)[:, k]
