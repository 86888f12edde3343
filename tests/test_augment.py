import pytest
import torch
from torch import Tensor

from forger.augment import (
    Adaptive,
    Brightness,
    Contrast,
    Cutout,
    HorizontalFlip,
    Saturation,
    Translation,
)

ALL = [Translation(0.25), Cutout(0.5), Brightness(0.5), Contrast(0.5), Saturation()]


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
