import pytest
import torch
from torch import Tensor

from forger.data.units import Units
from forger.figures.examples import COLUMNS, MOST, WIDEST, draw, draw_rows
from forger.figures.histograms import histograms
from forger.figures.image_grid import image_grid
from forger.figures.paths import paths
from forger.figures.render import literal
from forger.figures.scatter import scatter
from forger.figures.signals import signals


def red(picture: Tensor) -> Tensor:
    """Where a picture is of the samples' colour."""
    return (picture[0] > 180) & (picture[1] < 120) & (picture[2] < 120)


def grey(picture: Tensor) -> Tensor:
    """Where a picture is of the colour of data."""
    same = (picture[0] == picture[1]) & (picture[1] == picture[2])
    return same & (picture[0] > 120) & (picture[0] < 200)


def test_each_kind_of_examples_has_its_picture() -> None:
    images = torch.randint(256, (6, 1, 28, 28), dtype=torch.uint8)
    assert torch.equal(draw(images, images, 3), image_grid(images, 3))
    for n, kind in ((1, histograms), (2, scatter), (3, histograms)):
        points, data = torch.randn(50, n), torch.randn(60, n)
        assert torch.equal(draw(points, data, 5), kind(points, data)), n
        assert draw(points, data[:0], 5).dtype == torch.uint8
    long, data = torch.randn(7, COLUMNS + 1), torch.randn(9, COLUMNS + 1)
    assert torch.equal(draw(long, data, 4), signals(long[:, None], data[:, None], 4))
    assert draw(long, data[:0], 4).dtype == torch.uint8
    two = torch.randn(7, 2, 20)
    assert torch.equal(draw(two, two, 4), signals(two, two, 4))


def test_pictures_with_one_window_have_the_same_axes() -> None:
    window = torch.cat([torch.full((1, 2), -4.0), torch.full((1, 2), 4.0)])
    none = window[:0]
    for size in (2, 1):
        # At -1 and 1, in the window from -4 to 4 and each in its own.
        pair = [torch.full((9, size), x) for x in (-1.0, 1.0)]
        for given, apart in ((window[:, :size], True), (None, False)):
            pictures = (draw(x, none[:, :size], 4, given) for x in pair)
            # Below the legend.
            low, high = (red(picture[:, 40:]).nonzero()[:, 1] for picture in pictures)
            assert (high.float().mean() - low.float().mean() > 60) == apart
    signal = torch.ones(1, 40)
    low, high = (
        red(draw(signal, signal[:0], 1, torch.cat([window, x]))).nonzero()[:, 0].float().mean()
        for window, x in ((signal, signal - 2), (signal, signal + 2))
    )
    assert low < high


def test_points_of_a_file_are_drawn_in_its_units() -> None:
    for size, kind in ((2, scatter), (3, histograms)):
        names = [f"$_{i}" for i in range(size)]
        units = Units(names=names, mean=[5.0] * size, deviation=[2.0] * size)
        points, data = torch.randn(50, size), torch.randn(60, size)
        expected = kind(2 * points.double() + 5, 2 * data.double() + 5, None, names)
        assert torch.equal(draw(points, data, 5, units=units), expected)
        assert not torch.equal(expected, kind(2 * points + 5, 2 * data + 5))


def test_a_label_is_the_name_of_a_column_and_no_formula() -> None:
    assert literal("in $ of 2020$") == r"in \$ of 2020\$"
    assert literal("median_house_value_in_dollars") == "median_house_value_in_d…"


def test_rows_of_points_are_lines_and_all_else_a_grid() -> None:
    for size in (1, 3):
        rows = torch.randn(12, 5, size)
        assert torch.equal(draw_rows(rows), paths(rows))
        assert not torch.equal(paths(rows), paths(rows + torch.arange(5.0)[:, None]))
    rows = torch.randint(256, (2, 5, 1, 8, 8), dtype=torch.uint8)
    assert torch.equal(draw_rows(rows), image_grid(rows.flatten(0, 1), 5))
    signal = torch.randn(2, 5, 40)
    assert torch.equal(draw_rows(signal), draw(signal.flatten(0, 1), signal[:0, 0], 5))
    # More than a picture of samples has, all of them.
    wide = torch.randn(9, 14, 2, 20)
    none = torch.zeros(0, 2, 20)
    assert torch.equal(draw_rows(wide), signals(wide.flatten(0, 1), none, 14))
    flat = wide.flatten(0, 1)
    assert torch.equal(draw(flat, none, 14), signals(flat[:MOST], none, WIDEST))


def test_points_that_are_not_finite_or_all_alike_have_a_picture_too() -> None:
    for x in (torch.nan, torch.inf, 0.5):
        points = torch.full((5, 2), x)
        assert draw(points, points[:0], 4).dtype == torch.uint8
        assert draw(points, torch.randn(5, 2), 4).dtype == torch.uint8


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_histogram_is_where_the_samples_are() -> None:
    data = torch.tensor([[-1.0], [1.0]])

    def drawn(x: float) -> Tensor:
        # Below the legend.
        return red(histograms(torch.full((9, 1), x), data)[:, 40:])

    low, high = (drawn(x).nonzero()[:, 1] for x in (-0.8, 0.8))
    assert low.max() < high.min()
    # Beyond the window, or not finite, there is nothing to draw.
    for x in (-1.5, 9.0, torch.nan, torch.inf):
        assert not drawn(x).any()


def test_a_legend_says_what_is_data_and_what_are_samples() -> None:
    data = torch.randn(99, 2)
    far = torch.full((9, 2), 99.0)
    for kind in (scatter, histograms):
        # The samples are outside the window, so that all red is the legend's.
        legend = kind(far, data, data)[:, :40]
        assert red(legend).any()
        assert grey(legend).any()
        assert not torch.equal(legend, kind(far, data[:0], data)[:, :40])


def test_signals_are_in_rows_and_data_below_them() -> None:
    flat = torch.zeros(4, 1, 30)
    flat[0, 0, :], flat[3, 0, :] = 1, 1
    picture = signals(flat, flat[:2], 2)
    # Two rows of samples and one of data.
    height = picture.shape[1]
    assert red(picture).nonzero()[:, 0].max() < 0.68 * height
    assert grey(picture).nonzero()[:, 0].min() > 0.62 * height
    left, right = (red(half[:, : height // 3]).nonzero()[:, 0] for half in picture.chunk(2, dim=2))
    assert left.float().mean() < right.float().mean()


def test_signals_that_diverged_are_drawn_as_nothing() -> None:
    picture = signals(torch.full((2, 1, 9), torch.nan), torch.zeros(0, 1, 9), 2)
    assert not red(picture).any()
