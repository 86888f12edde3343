import pytest
import torch

from forger.errors import ForgerError
from forger.metrics import neighbours
from forger.metrics.neighbours import distances, radii


def test_distances_in_blocks_are_those_of_all_pairs(monkeypatch):
    a, b = torch.rand(10, 3), torch.rand(7, 3)
    monkeypatch.setattr(neighbours, "ENTRIES", 21)
    blocks = list(distances(a, b))
    assert [len(block) for block in blocks] == [3, 3, 3, 1]
    expected = (a[:, None] - b).double().square().sum(2).sqrt()
    torch.testing.assert_close(torch.cat(blocks), expected)


def test_distances_between_bytes_are_exact():
    a, b = torch.randint(256, (2, 20, 3, 16, 16), dtype=torch.uint8)
    (found,) = distances(a, b)
    squares = (a[:, None].long() - b.long()).square().flatten(2).sum(2)
    assert found.square().round().long().equal(squares)
    (same,) = distances(a, a)
    assert same.diag().eq(0).all()


def test_radii_leave_the_point_itself_out():
    line = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    torch.testing.assert_close(radii(line, 1), torch.tensor([1.0, 1, 2, 4]).double())
    torch.testing.assert_close(radii(line, 2), torch.tensor([3.0, 2, 3, 6]).double())


def test_radii_refuse_too_few_points():
    with pytest.raises(ForgerError, match=r"k \(=4\) must be below .* 4"):
        radii(torch.rand(4, 2), 4)
