"""Nearest neighbours in two sets of images or features, in bounded memory.

The large products are in float32, which is several times as fast as float64. Between images they
are exact all the same; between features, whatever float32 cannot decide is decided in float64.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from forger.errors import ForgerError

# Distances held at a time: 2 MiB in float32.
ENTRIES = 2**19
# Points in a group, of which the nearest alone is looked at first.
GROUP = 16
# Products of so many values from -128 to 127 have sums below 2^24: whole numbers in float32.
EXACT = 1024


def squares(rows: Tensor, columns: Tensor) -> Iterator[Tensor]:
    """Yield the squared Euclidean distances of some rows to all columns, in order, exact.

    `rows` (n, ...) and `columns` (m, ...) are uint8, of equal shape but for n and m. The blocks are
    int32 (block, m), int64 for images of more than 2^15 values. About 1,000 columns at a time are
    fastest, since a block is then as high as it is wide.
    """
    dtype = torch.int32 if rows[0].numel() <= 2**15 else torch.int64
    rows, columns = rows.flatten(1).cpu(), columns.flatten(1).cpu().float() - 128  # (n, d), (m, d)
    column_norms = integer_norms(columns, dtype)
    for bytes_of_block in rows.split(max(1, ENTRIES // len(columns))):
        block = bytes_of_block.float() - 128  # from -128 to 127
        first, *others = zip(block.split(EXACT, 1), columns.split(EXACT, 1), strict=True)
        found = integer_product(*first).to(dtype)
        for parts in others:
            # Sums of more values are exact as integers only.
            found += integer_product(*parts).to(dtype)
        # |a - b|^2 = |a|^2 + |b|^2 - 2 a.b
        torch.add(column_norms, found, alpha=-2, out=found)
        yield found.add_(integer_norms(block, dtype)[:, None])


def integer_norms(points: Tensor, dtype: torch.dtype) -> Tensor:
    """Squared norms of points (n, d) of numbers from -128 to 127, (n,): exact."""
    parts = [part.square().sum(1).to(dtype) for part in points.split(EXACT, 1)]  # (n,) each
    return torch.stack(parts).sum(0, dtype=dtype)


def integer_product(rows: Tensor, columns: Tensor) -> Tensor:
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


def count_inside(
    points: Tensor, centres: Tensor, radii: Tensor, closed: bool
) -> tuple[Tensor, Tensor]:
    """Numbers of balls that each point is in, (n,), and of points in each ball, (m,), as float64.

    `points` (n, d) and `centres` (m, d) are float32; radii, float64 (m,), are those of the balls
    around the centres. closed: whether a point at the radius itself is inside.
    """
    points, centres = points.cpu(), centres.cpu()
    rows, columns, error = factors(points, centres)  # (n, d + 2) and (d + 2, m)
    # The product is |a - b|^2 - radius^2 in units of the error: above 1 float32 is right to say
    # outside, below -1 inside.
    columns[-1] -= radii.square()
    rows, columns = rows.float(), (columns / error).float()
    balls = []
    held = torch.zeros(len(centres), dtype=torch.float64)
    size = max(1, ENTRIES // len(centres))
    for block, factor in zip(points.split(size), rows.split(size), strict=True):
        margin = factor @ columns  # (block, m)
        # Balls of pairs that float32 cannot decide.
        unsure = (margin.abs().amin(0) <= 1).nonzero()[:, 0]
        margin.clamp_(-1, 1)
        distances, limit = exact(block, centres[unsure]), radii[unsure]  # (block, unsure)
        margin[:, unsure] = torch.where(
            distances <= limit if closed else distances < limit, -1.0, 1.0
        )
        # Sums of 1 and -1: of n, those outside minus those inside.
        balls.append((len(centres) - margin.sum(1).double()) / 2)
        held += (len(block) - margin.sum(0).double()) / 2
    return torch.cat(balls), held


def radii(points: Tensor, k: int) -> Tensor:
    """Distances from each point to its k nearest neighbours, itself not counted, float64 (n, k).

    `points` (n, d) are float32. Raises ForgerError unless k < n.
    """
    if k >= len(points):
        raise ForgerError(f"k (={k}) must be below the number of images, here {len(points)}")
    return torch.cat([distances[:, 1:] for distances, _ in nearest_points(points, k + 1)])


def nearest_among(points: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """The index of the nearest of `others` to each point, int64 (n,), and its distance, float64.

    `points` (n, d) and `others` (m, d) are float32. Of those that are as near but for the rounding
    of float32 it may be another one.
    """
    points, others = points.cpu(), others.cpu()
    rows, columns, _ = factors(points, others)  # (n, d + 2) and (d + 2, m)
    rows, columns = rows.float(), columns.float()
    found: list[tuple[Tensor, Tensor]] = []
    size = max(1, ENTRIES // len(others))
    for block, factor in zip(points.split(size), rows.split(size), strict=True):
        # (block, candidates)
        candidates = (factor @ columns).topk(min(8, len(others)), largest=False).indices
        distance, place = exact(block[:, None], others[candidates])[:, 0].min(1)  # (block,) each
        found.append((candidates.gather(1, place[:, None])[:, 0], distance))
    index, distances = map(torch.cat, zip(*found, strict=True))
    return index, distances


def nearest_other(points: Tensor) -> Tensor:
    """The index of each point's nearest other, int64 (n,), for float32 points (n, d)."""
    first, second = torch.cat([index for _, index in nearest_points(points, 2)]).unbind(1)
    return torch.where(first == torch.arange(len(points)), second, first)


def nearest_points(points: Tensor, count: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield, for some of the points, which are nearest, themselves among them: nearest first.

    `points` (n, d) are float32. Distances, float64 (block, count), and indices, int64.
    """
    points = points.cpu()
    rows, columns, error = factors(points, points)  # (n, d + 2) and (d + 2, n)
    # Points without end away make the number one of whole groups.
    columns = F.pad(columns, (0, -len(points) % GROUP))
    columns[-1, len(points) :] = torch.inf
    rows, columns = rows.float(), columns.float()
    # More than are asked for, since float32 may exchange neighbours that are as near.
    more = min(count + 8, len(points))
    size = max(1, ENTRIES // len(points))
    for block, factor in zip(points.split(size), rows.split(size), strict=True):
        found = (factor @ columns).unflatten(1, (GROUP, -1))  # (block, group, groups)
        # The nearest are in the groups with the least minima, which takes less time to find.
        groups = found.amin(1).topk(min(more, found.shape[2]), largest=False).indices[:, None]
        # (block, group, more) -> (block, group x more)
        members = found.gather(2, groups.expand(-1, GROUP, -1)).flatten(1)
        nearest, place = members.topk(more, largest=False)  # (block, more) each
        # (block, group, more): the index of each member among all points.
        of_members = groups + found.shape[2] * torch.arange(GROUP)[:, None]
        candidates = of_members.flatten(1).gather(1, place)
        # (block, 1, d) and (block, more, d) to (block, more)
        distances, order = exact(block[:, None], points[candidates])[:, 0].sort(dim=1, stable=True)
        distances, index = distances[:, :count], candidates.gather(1, order[:, :count])
        # The others are no nearer than the farthest of these, but for rounding.
        least = nearest.amax(1).double() - error
        # Rows in which a point outside of the candidates may be nearer, one by one.
        for i in (distances[:, -1].square() > least).nonzero()[:, 0].tolist():
            all_distances = exact(block[i, None], points)[0]  # (n,)
            distances[i], index[i] = all_distances.topk(count, largest=False)
        yield distances, index


def factors(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor, float]:
    """Matrices whose product is all squared distances, and how much float32 errs in that product.

    float64 (n, d + 2) and (d + 2, m): (x, |x|^2, 1) times (-2 y, 1, |y|^2) is |x - y|^2. The error
    allows for a squared radius that is subtracted from |y|^2, and is positive.
    """
    # Around the mean float32 rounds least.
    mean = centres.double().mean(0)
    x, y = points.double() - mean, centres.double() - mean  # (n, d) and (m, d)
    x_norms, y_norms = x.square().sum(1, keepdim=True), y.square().sum(1, keepdim=True)
    rows = torch.cat([x, x_norms, torch.ones_like(x_norms)], 1)
    columns = torch.cat([-2 * y, torch.ones_like(y_norms), y_norms], 1).T.contiguous()
    bound = 2 * (rows.shape[1] + 8) * torch.finfo(torch.float32).eps
    return rows, columns, max(bound * (x_norms.max() + y_norms.max()).item(), 1e-30)


def exact(rows: Tensor, columns: Tensor) -> Tensor:
    """Distances by differences in float64: the same for a pair wherever it stands."""
    mode = "donot_use_mm_for_euclid_dist"
    return torch.cdist(rows.double(), columns.double(), compute_mode=mode)
