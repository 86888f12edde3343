"""Nearest neighbours in two sets of images or features, in bounded memory.

The large products are in float32, which is several times as fast as float64. Between images they
are exact all the same; between features, whatever float32 cannot decide is decided in float64.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from forger.errors import ForgerError

# Distances held at a time: 2 MiB in float32.
ENTRIES = 2**19
# Products of so many values from -128 to 127 have sums below 2^24: whole numbers in float32.
EXACT = 1024


def squares(rows: Tensor, columns: Tensor) -> Iterator[Tensor]:
    """Yield the squared Euclidean distances of some rows to all columns, in order, exact.

    `rows` (n, ...) and `columns` (m, ...) are uint8, of equal shape but for n and m. The blocks are
    int32 (block, m), int64 for images of more than 2^15 values.
    """
    dtype = torch.int32 if rows[0].numel() <= 2**15 else torch.int64
    # (n, d) and (m, d), from -128 to 127
    rows, columns = ((points.flatten(1).cpu().float() - 128) for points in (rows, columns))
    column_norms = whole_norms(columns, dtype)
    for block in rows.split(max(1, ENTRIES // len(columns))):
        first, *others = zip(block.split(EXACT, 1), columns.split(EXACT, 1), strict=True)
        found = whole_product(*first).to(dtype)
        for parts in others:
            # Sums of more values are exact as integers only.
            found += whole_product(*parts).to(dtype)
        yield found.mul_(-2).add_(column_norms).add_(whole_norms(block, dtype)[:, None])


def whole_norms(points: Tensor, dtype: torch.dtype) -> Tensor:
    """Squared norms of points (n, d) of whole numbers, (n,)."""
    return points.double().square().sum(1).to(dtype)


def whole_product(rows: Tensor, columns: Tensor) -> Tensor:
    """rows (n, d) times the columns (m, d) of numbers from -128 to 127, d at most `EXACT`: exact.

    bfloat16 has these numbers exactly too, and some processors multiply it twice as fast: "medium"
    lets them, with sums in float32.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        return rows @ columns.T
    finally:
        torch.set_float32_matmul_precision(before)


def inside(points: Tensor, centres: Tensor, radii: Tensor, closed: bool) -> Iterator[Tensor]:
    """Yield which balls some of the points are in, bool (block, m), in order.

    `points` (n, d) and `centres` (m, d) are float32; radii, float64 (m,), are those of the balls
    around the centres. closed: whether a point at the radius itself is inside.
    """
    points, centres = points.cpu(), centres.cpu()
    mean = centres.double().mean(0).float()
    # Around the mean float32 rounds least.
    near_centres = centres - mean
    norms, bound = near_centres.square().sum(1), rounding(points)
    # (m,): |b|^2 moved to the other side of the comparison.
    limits = radii.square() - norms.double()
    for block in points.split(max(1, ENTRIES // len(centres))):
        near = block - mean
        own = near.square().sum(1, keepdim=True)  # (block, 1)
        found = torch.addmm(own, near, near_centres.T, alpha=-2)  # |a - b|^2 - |b|^2, (block, m)
        # Below the first of these float32 is right to say inside, above the second outside.
        error = bound * (norms.double() + own.max())
        result = found < (limits - error).float()
        # The pairs that float32 cannot decide, both (pairs,).
        row, column = (result ^ (found <= (limits + error).float())).nonzero(as_tuple=True)
        # So many pairs one by one would take longer than the whole block.
        if len(row) > result.numel() / 16:
            distances = exact(block, centres)
            yield distances <= radii if closed else distances < radii
            continue
        distances = exact(block[row, None], centres[column, None])[:, 0, 0]
        limit = radii[column]
        result[row, column] = distances <= limit if closed else distances < limit
        yield result


def radii(points: Tensor, k: int) -> Tensor:
    """Distance from each point to its k-th nearest neighbour, itself not counted, float64 (n,).

    `points` (n, d) are float32. Raises ForgerError unless k < n.
    """
    if k >= len(points):
        raise ForgerError(f"k (={k}) must be below the number of images, here {len(points)}")
    return torch.cat([distances[:, k] for distances, _ in nearest_points(points, k + 1)])


def nearest_other(points: Tensor) -> Tensor:
    """The index of each point's nearest other, int64 (n,), for float32 points (n, d)."""
    first, second = torch.cat([index for _, index in nearest_points(points, 2)]).unbind(1)
    return torch.where(first == torch.arange(len(points)), second, first)


def nearest_points(points: Tensor, count: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield, for some of the points, which are nearest, themselves among them: nearest first.

    `points` (n, d) are float32. Distances, float64 (block, count), and indices, int64.
    """
    points = points.cpu()
    # Float32 rounds the least around the mean.
    near = points - points.double().mean(0).float()
    norms, bound = near.square().sum(1), rounding(points)
    # More than are asked for, since float32 may exchange neighbours that are as near.
    more = min(count + 8, len(points))
    size = max(1, ENTRIES // len(points))
    for block, near_block in zip(points.split(size), near.split(size), strict=True):
        own = near_block.square().sum(1, keepdim=True)  # (block, 1)
        # |a - b|^2 = |a|^2 + |b|^2 - 2 a.b, (block, n).
        found = torch.addmm(norms, near_block, near.T, alpha=-2).add_(own)
        nearest, candidates = found.topk(more, largest=False)  # (block, more) each
        # (block, 1, d) and (block, more, d) to (block, more)
        distances, order = exact(block[:, None], points[candidates])[:, 0].sort(dim=1, stable=True)
        distances, index = distances[:, :count], candidates.gather(1, order[:, :count])
        # The others are no nearer than the farthest of these, but for rounding.
        least = nearest.amax(1).double() - bound * (own[:, 0] + norms.amax())
        # Rows in which a point outside of the candidates may be nearer, one by one.
        for row in (distances[:, -1].square() > least).nonzero()[:, 0].tolist():
            all_distances = exact(block[row, None], points)[0]
            distances[row], index[row] = all_distances.topk(count, largest=False)
        yield distances, index


def rounding(points: Tensor) -> float:
    """Most that float32 errs in a squared distance, for each unit of the sum of squared norms."""
    return 2 * (points.shape[1] + 8) * torch.finfo(torch.float32).eps


def exact(rows: Tensor, columns: Tensor) -> Tensor:
    """Distances by differences in float64: the same for a pair wherever it stands."""
    mode = "donot_use_mm_for_euclid_dist"
    return torch.cdist(rows.double(), columns.double(), compute_mode=mode)
