"""Augmentations of every example that the discriminator sees: DiffAugment (Zhao et al. 2020), ADA.

Real and generated examples are augmented in both updates (eq. 4 and 5). So the discriminator cannot
learn few examples by heart, and the generator does not learn the augmentation. Each augmentation is
differentiable and samples its own numbers for each image. Images are float (m, C, H, W) before and
after. Colours are meant for images in [-1, 1].
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from forger.checks import check_fraction


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
    """A number in [0, 1) for each image, (m, 1, 1, 1)."""
    return torch.rand(len(x), 1, 1, 1, device=x.device)


def offsets(x: Tensor, size: int, ratio: float) -> Tensor:
    """A whole number of pixels for each image, up to `ratio` of size either way, (m, 1)."""
    most = max(1, round(ratio * size))
    return torch.randint(-most, most + 1, (len(x), 1), device=x.device)
