"""Augmentations of every example that the discriminator sees: DiffAugment (Zhao et al. 2020), ADA.

Real and generated examples are augmented in both updates (eq. 4 and 5). So the discriminator cannot
learn few examples by heart, and the generator does not learn the augmentation. Each augmentation is
differentiable and samples its own numbers for each image. Images are float (m, C, H, W) before and
after; `Noise` and `Brightness` take any shape, and so does `Adaptive` with these. Colours are meant
for images in [-1, 1].
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

from forger.checks import check_fraction, check_not_negative


class Translation:
    """Move each image by integer numbers of pixels, up to `ratio` of height and width, onto zeros.

    Raises ValueError unless ratio is in (0, 1).
    """

    def __init__(self, ratio: float) -> None:
        check_fraction(ratio=ratio)
        self.ratio = ratio

    def __call__(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        down = offsets(x, height, self.ratio)  # (m, 1)
        right = offsets(x, width, self.ratio)
        # (m, H): the row that each pixel comes from.
        rows = torch.arange(height, device=x.device) - down
        columns = torch.arange(width, device=x.device) - right  # (m, W)
        inside = ((rows >= 0) & (rows < height))[:, None, :, None]  # (m, 1, H, 1)
        inside = inside & ((columns >= 0) & (columns < width))[:, None, None, :]  # (m, 1, H, W)
        each = torch.arange(len(x), device=x.device)[:, None, None]  # (m, 1, 1), broadcast below
        # (m, C, H, W) -> (m, H, W, C): one index for each pixel takes all of its channels. What
        # would come from outside wraps around, and is zeroed below.
        moved = x.movedim(1, 3)[each, rows[:, :, None] % height, columns[:, None, :] % width]
        return moved.movedim(3, 1) * inside  # (m, H, W, C) -> (m, C, H, W)


class Affine:
    """Turn, stretch, shear and move each image; its border goes on outside of it.

    rotation: largest angle in either direction, in degrees. scale: largest factor of the height and
    of the width, each by itself; the smallest is its inverse. shear: largest number of pixels to a
    side that a row moves in a pixel upwards. translation: largest shift in either direction, as a
    fraction of height and width. Raises ValueError unless scale is at least 1.
    """

    def __init__(self, rotation: float, scale: float, shear: float, translation: float) -> None:
        if scale < 1:
            raise ValueError(f"scale (={scale}) must be at least 1: it is the largest factor")
        self.rotation = rotation
        self.scale = scale
        self.shear = shear
        self.translation = translation

    def __call__(self, x: Tensor) -> Tensor:
        # Six numbers in (-1, 1) for each image, (m,).
        draws = 2 * torch.rand(6, len(x), device=x.device, dtype=x.dtype) - 1
        turn, tall, wide, lean, *shift = draws.unbind()
        angle = turn * math.radians(self.rotation)
        wide, tall = self.scale**wide, self.scale**tall
        cos, sin, lean = angle.cos(), angle.sin(), lean * self.shear
        # Where a pixel comes from. The grid's coordinates go from -1 to 1 along either side, so
        # that a shift of 2 is a whole image, and slopes are in units of the sides.
        right, down = (2 * self.translation * s for s in shift)
        ratio = x.shape[2] / x.shape[3]
        # A rotation times [[wide, lean], [0, tall]], then the shift: a matrix on (x, y, 1).
        rows = [
            [wide * cos, (lean * cos - tall * sin) * ratio, right],
            [wide * sin / ratio, lean * sin + tall * cos, down],
        ]
        matrix = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)  # (m, 2, 3)
        grid = affine_grid(matrix, list(x.shape), align_corners=False)  # (m, H, W, 2)
        return grid_sample(x, grid, padding_mode="border", align_corners=False)


class Cutout:
    """Blank one rectangle of each image, `ratio` of its height and width, at a random place.

    Raises ValueError unless ratio is in (0, 1).
    """

    def __init__(self, ratio: float) -> None:
        check_fraction(ratio=ratio)
        self.ratio = ratio

    def __call__(self, x: Tensor) -> Tensor:
        away = [self.away(x, size) for size in x.shape[2:]]  # (m, H) and (m, W)
        # A pixel stays if its row, (m, 1, H, 1), or its column, (m, 1, 1, W), is outside.
        return x * (away[0][:, None, :, None] | away[1][:, None, None, :])

    def away(self, x: Tensor, size: int) -> Tensor:
        """Which of `size` lines are outside the rectangle, centred anywhere: (m, size)."""
        half = self.ratio * size / 2
        centre = torch.rand(len(x), 1, device=x.device) * size  # (m, 1), in pixels
        # The middle of a pixel is half a pixel after its edge.
        return (torch.arange(size, device=x.device) + 0.5 - centre).abs() >= half


class Brightness:
    """Add one number to each image, uniform in (-strength, strength)."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def __call__(self, x: Tensor) -> Tensor:
        # (m, 1, ..., 1), in (-1, 1), is added to (m, *shape).
        return x + self.strength * (2 * one_each(x) - 1)


class Contrast:
    """Stretch each image about its mean by a factor, uniform in (1 - strength, 1 + strength)."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def __call__(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2, 3), keepdim=True)  # (m, 1, 1, 1)
        return mean + (x - mean) * (1 + self.strength * (2 * one_each(x) - 1))


class Saturation:
    """Stretch each pixel's colour about its grey by a factor from 0 to 2; not for grey ones."""

    def __call__(self, x: Tensor) -> Tensor:
        grey = x.mean(dim=1, keepdim=True)  # (m, 1, H, W)
        return grey + (x - grey) * 2 * one_each(x)


class HorizontalFlip:
    """Mirror half of all images left to right: the generator learns to make both."""

    def __call__(self, x: Tensor) -> Tensor:
        return torch.where(one_each(x) < 0.5, x.flip(3), x)


class Noise:
    """Instance noise: each value plus one from N(0, std^2) (Arjovsky and Bottou 2017, section 3).

    The supports of real and generated examples then overlap, so that no discriminator is perfect.
    Raises ForgerError for a negative std.
    """

    def __init__(self, std: float) -> None:
        check_not_negative(std=std)
        self.std = std

    def __call__(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x)


class Adaptive(nn.Module):
    """Other augmentations, each done with probability p (Karras et al. 2020, ADA, section 2).

    p is state, which is kept in checkpoints and moved by `callbacks.ada`. augment: by name.
    Raises ValueError unless p is in [0, 1].
    """

    p: Tensor

    def __init__(self, augment: Mapping[str, Callable[[Tensor], Tensor]], p: float) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p (={p}) must be in [0, 1]: it is a probability")
        self.augment = augment
        # A buffer moves with the GAN and is saved, which a number would not be.
        self.register_buffer("p", torch.tensor(float(p)))

    def forward(self, x: Tensor) -> Tensor:
        for augment in self.augment.values():
            # Both branches are computed: a choice by image would wait for the device.
            x = torch.where(one_each(x) < self.p, augment(x), x)
        return x


def one_each(x: Tensor) -> Tensor:
    """A number in [0, 1) for each example (m, *shape), (m, 1, ..., 1)."""
    return torch.rand(len(x), *[1] * (x.ndim - 1), device=x.device)


def offsets(x: Tensor, size: int, ratio: float) -> Tensor:
    """A whole number of pixels for each image, up to `ratio` of size either way, (m, 1)."""
    most = max(1, round(ratio * size))
    return torch.randint(-most, most + 1, (len(x), 1), device=x.device)
