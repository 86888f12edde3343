import pytest
import torch

from forger.errors import ForgerError
from forger.metrics import neighbours
from forger.metrics.neighbours import count_inside, radii, squares


def true_distances(a, b):
    """By differences in float64, (n, m)."""
    return (a.double()[:, None] - b.double()).square().sum(2).sqrt()


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 40, 40)])
def test_squares_between_bytes_are_exact(shape, monkeypatch):
    a, b = torch.randint(256, (2, 10, *shape), dtype=torch.uint8)
    # Where sums are largest.
    a[0], b[0], b[1] = 255, 0, 255
    monkeypatch.setattr(neighbours, "ENTRIES", 30)
    blocks = list(squares(a, b))
    assert [len(block) for block in blocks] == [3, 3, 3, 1]
    expected = (a[:, None].long() - b.long()).square().flatten(2).sum(2)
    assert torch.cat(blocks).long().equal(expected)


def test_images_of_very_many_values_need_more_bits():
    black = torch.zeros(1, 3, 110, 110, dtype=torch.uint8)
    (found,) = squares(black, black + 255)
    assert found.item() == 3 * 110 * 110 * 255**2 > 2**31


def test_the_precision_of_other_products_stays_as_it_was():
    black = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    list(squares(black, black))
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("far", [0, 1000])
def test_count_inside_decides_each_pair_as_float64_does(closed, far, monkeypatch):
    monkeypatch.setattr(neighbours, "ENTRIES", 700)
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(70, 5, generator=generator) + far
    points = torch.cat([torch.randn(50, 5, generator=generator) + far, centres])
    distances = neighbours.exact(points, centres)
    torch.testing.assert_close(distances, true_distances(points, centres))
    # Radii that are distances themselves, so that a point lies on the very edge of each ball.
    around = distances.sort(0).values[20]
    expected = distances <= around if closed else distances < around
    balls, held = count_inside(points, centres, around, closed)
    assert balls.equal(expected.double().sum(1))
    assert held.equal(expected.double().sum(0))


@pytest.mark.parametrize("closed", [True, False])
def test_count_inside_where_all_points_are_one(closed):
    same = torch.full((40, 6), 0.1)
    balls, held = count_inside(same, same, torch.zeros(40, dtype=torch.float64), closed)
    assert balls.eq(40 * closed).all()
    assert held.eq(40 * closed).all()


def test_radii_leave_the_point_itself_out():
    line = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    assert radii(line, 2).tolist() == [[1, 3], [1, 2], [2, 3], [4, 6]]


@pytest.mark.parametrize("far", [0, 10_000])
def test_radii_are_those_of_float64(far, monkeypatch):
    monkeypatch.setattr(neighbours, "ENTRIES", 900)
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(90, 5, generator=generator) + far
    # Far more copies than candidates are looked at.
    points[40:70] = points[0]
    expected = true_distances(points, points).sort(1).values[:, 1:4]
    torch.testing.assert_close(radii(points, 3), expected, rtol=1e-14, atol=0)
    assert radii(points, 3)[40:70].eq(0).all()


def test_radii_refuse_too_few_points():
    with pytest.raises(ForgerError, match=r"k \(=4\) must be below .* 4"):
        radii(torch.rand(4, 2), 4)
