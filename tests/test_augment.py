import math

import pytest
import torch
from torch import Tensor

from forger.augment import (
    Adaptive,
    Affine,
    Brightness,
    Contrast,
    Cutout,
    HorizontalFlip,
    Noise,
    Saturation,
    Translation,
)

ALL = [Translation(0.25), Cutout(0.5), Brightness(0.5), Contrast(0.5), Saturation()]
ALL += [Affine(15.0, 1.2, 0.4, 0.1), Noise(0.1)]


def images(count: int = 64) -> Tensor:
    return torch.rand(count, 3, 12, 8, generator=torch.Generator().manual_seed(0)) + 0.1


@pytest.mark.parametrize("augment", ALL, ids=lambda augment: type(augment).__name__)
def test_every_image_is_changed_in_its_own_way_and_new_each_time(augment) -> None:
    same = images(1).expand(64, -1, -1, -1)
    one, other = augment(same), augment(same)
    assert one.shape == same.shape
    assert len(one.flatten(1).unique(dim=0)) > 10
    assert not torch.equal(one, other)


@pytest.mark.parametrize("augment", ALL, ids=lambda augment: type(augment).__name__)
def test_gradients_reach_the_image_through_it(augment) -> None:
    x = images(4).double().requires_grad_(True)

    def fixed(x: Tensor) -> Tensor:
        torch.manual_seed(0)
        return augment(x)

    assert torch.autograd.gradcheck(fixed, x, fast_mode=True)
    fixed(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().max() > 0


def test_noise_has_its_standard_deviation_in_images_and_in_points() -> None:
    for x in (torch.zeros(64, 3, 12, 8), torch.zeros(5000, 2)):
        assert Noise(0.3)(x).std().item() == pytest.approx(0.3, rel=0.05)
        assert torch.equal(Noise(0.0)(x), x)


def test_brightness_is_one_number_for_each_example_in_images_and_in_points() -> None:
    for shape in ((3, 12, 8), (5,)):
        moved = Brightness(0.5)(torch.zeros(64, *shape)).flatten(1)
        assert moved.shape == (64, math.prod(shape))
        assert torch.equal(moved, moved[:, :1].expand_as(moved))
        assert len(moved.unique()) > 10
        assert 0 < moved.abs().max() < 0.5


def test_translation_moves_whole_images_onto_zeros() -> None:
    x = images()
    seen = set()
    for before, after in zip(x, Translation(0.25)(x), strict=True):
        found = [
            (down, right)
            for down in range(-3, 4)
            for right in range(-2, 3)
            if torch.equal(after, moved(before, down, right))
        ]
        assert len(found) == 1
        seen.update(found)
    assert {down for down, _ in seen} == set(range(-3, 4))
    assert {right for _, right in seen} == set(range(-2, 3))


def moved(image: Tensor, down: int, right: int) -> Tensor:
    """By slices: what stays inside, on zeros."""
    target = torch.zeros_like(image)
    height, width = image.shape[1:]
    rows, columns = range(height), range(width)
    for row in rows:
        for column in columns:
            if row + down in rows and column + right in columns:
                target[:, row + down, column + right] = image[:, row, column]
    return target


def test_cutout_blanks_one_rectangle_of_half_the_size_at_most() -> None:
    x = images(500)
    cut = Cutout(0.5)(x)
    blank = (cut == 0).all(1)
    assert torch.equal(cut, x * ~blank[:, None])
    for one in blank:
        rows, columns = one.any(1), one.any(0)
        assert torch.equal(one, rows[:, None] & columns)
        assert rows.sum() in range(3, 7)
        assert columns.sum() in range(2, 5)
    # Its centre is as likely in any place, so that lines at the edge are blank less often.
    rows, columns = (reached(size) for size in (12, 8))
    torch.testing.assert_close(blank.float().mean(0), rows[:, None] * columns, rtol=0, atol=0.08)


def reached(size: int) -> Tensor:
    """Share of all centres from which half of the size covers a line, for each line."""
    lines = torch.arange(size) + 0.5
    return ((lines + size / 4).clamp(max=size) - (lines - size / 4).clamp(min=0)) / size


def test_colours_change_within_their_range() -> None:
    x = images(2000)
    added = (Brightness(0.5)(x) - x).mean((1, 2, 3))
    assert added.min() == pytest.approx(-0.5, abs=0.01)
    assert added.max() == pytest.approx(0.5, abs=0.01)
    stretch = Contrast(0.5)(x).std((1, 2, 3)) / x.std((1, 2, 3))
    assert stretch.min() == pytest.approx(0.5, abs=0.01)
    assert stretch.max() == pytest.approx(1.5, abs=0.01)
    torch.testing.assert_close(Contrast(0.5)(x).mean((1, 2, 3)), x.mean((1, 2, 3)))
    torch.testing.assert_close(Saturation()(x).mean(1), x.mean(1))
    grey = x[:, :1]
    torch.testing.assert_close(Saturation()(grey), grey)


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.5, float("nan")])
def test_a_share_outside_of_0_to_1_is_named(ratio: float) -> None:
    for make in (Translation, Cutout):
        with pytest.raises(ValueError, match=r"ratio .* must be in \(0, 1\)"):
            make(ratio)


def test_half_of_all_images_are_mirrored() -> None:
    x = torch.randn(400, 1, 2, 3)
    flipped = (HorizontalFlip()(x) == x.flip(3)).flatten(1).all(1)
    kept = (x == x.flip(3)).flatten(1).all(1) | (HorizontalFlip()(x) == x).flatten(1).all(1)
    assert flipped.float().mean().item() == pytest.approx(0.5, abs=0.1)
    assert kept.float().mean().item() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_an_adaptive_augmentation_is_done_to_the_share_p_of_images(p: float) -> None:
    x = torch.randn(500, 1, 2, 2)
    done = Adaptive({"one": lambda x: x + 1, "two": lambda x: x + 10}, p)(x) - x
    for amount in (1.0, 10.0):
        other = 11 - amount
        share = sum(
            ((done - a).abs() < 1e-3).float().mean().item() for a in (amount, amount + other)
        )
        assert share == pytest.approx(p, abs=0.07)


def test_p_must_be_a_probability() -> None:
    with pytest.raises(ValueError, match=r"p \(=1.1\) must be in \[0, 1\]"):
        Adaptive({}, 1.1)


def test_an_affine_map_of_size_0_changes_nothing() -> None:
    torch.testing.assert_close(Affine(0.0, 1.0, 0.0, 0.0)(images()), images())


def test_each_part_of_an_affine_map_does_its_own_within_its_bounds() -> None:
    # An ellipse of ink in the middle of a rectangle; its moments tell what was done to it.
    y, x = torch.meshgrid(torch.arange(60) - 29.5, torch.arange(40) - 19.5, indexing="ij")
    ink = torch.exp(-(x / 4).square() / 2 - (y / 6).square() / 2).expand(500, 1, -1, -1)

    def moments(image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weights = image[:, 0] / image.sum((1, 2, 3))[:, None, None]
        dx = x - (weights * x).sum((1, 2), keepdim=True)
        dy = y - (weights * y).sum((1, 2), keepdim=True)
        xx, xy, yy = ((weights * a * b).sum((1, 2)) for a, b in ((dx, dx), (dx, dy), (dy, dy)))
        return xx, xy, yy

    xx, _, yy = moments(Affine(0.0, 1.2, 0.0, 0.0)(ink))
    for square, side in ((xx, 4), (yy, 6)):
        factor = square.sqrt() / side
        assert factor.min().item() == pytest.approx(1 / 1.2, abs=0.01)
        assert factor.max().item() == pytest.approx(1.2, abs=0.01)
    _, xy, yy = moments(Affine(0.0, 1.0, 0.5, 0.0)(ink))
    assert (xy / yy).abs().max().item() == pytest.approx(0.5, abs=0.01)
    xx, xy, yy = moments(Affine(20.0, 1.0, 0.0, 0.0)(ink))
    angle = 0.5 * torch.atan2(2 * xy, yy - xx)
    assert angle.abs().max().item() == pytest.approx(20 * torch.pi / 180, abs=0.01)
    torch.testing.assert_close(xx + yy, torch.full((500,), 52.0), rtol=0.01, atol=0)
    shifted = Affine(0.0, 1.0, 0.0, 0.1)(ink)[:, 0]
    right = (shifted * x).sum((1, 2)) / shifted.sum((1, 2))
    down = (shifted * y).sum((1, 2)) / shifted.sum((1, 2))
    assert right.abs().max().item() == pytest.approx(4, abs=0.1)
    assert down.abs().max().item() == pytest.approx(6, abs=0.1)


def test_what_is_beside_an_image_is_its_border() -> None:
    x = torch.full((20, 1, 8, 8), -1.0)
    torch.testing.assert_close(Affine(30.0, 1.5, 0.5, 0.3)(x), x)


def test_a_largest_factor_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"scale \(=0.5\) must be at least 1"):
        Affine(0.0, 0.5, 0.0, 0.0)
