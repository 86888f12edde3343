"""Digits as signals of one dimension."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor
from torch.nn.functional import interpolate

from forger.checks import check_not_negative, check_positive
from forger.data.minibatches import Split
from forger.data.toys import Toy
from forger.errors import ForgerError

# The strokes of the ten digits of Greydanus and Kobak 2024, 12 heights each.
TEMPLATES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)


@dataclass(kw_only=True, eq=False, repr=False)
class MNIST1D(Toy):
    """MNIST-1D by the recipe of Greydanus and Kobak 2024, drawn afresh: float32 (n, length).

    A stroke of 12 points is padded, which makes it longer or shorter, scaled, moved in a circle,
    put in noise, sheared and sampled at `length` points; then each split is shifted and scaled to
    the mean 0 and the standard deviation 1. padding: least and largest number of points behind the
    stroke. scale, shear: widths of the uniform distributions of both. max_translation: points that
    it moves by at most, plus one. correlated_noise: standard deviation of the noise around the
    stroke before it is smoothed; noise: that of the noise everywhere.
    """

    padding: Sequence[int]
    scale: float
    max_translation: int
    correlated_noise: float
    noise: float
    shear: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(max_translation=self.max_translation)
        check_not_negative(correlated_noise=self.correlated_noise, noise=self.noise)
        if len(self.padding) != 2 or not 0 <= self.padding[0] <= self.padding[1]:
            raise ForgerError(
                f"data.padding (={list(self.padding)}) must be two numbers from 0, smaller first"
            )

    def sample_points(self, generator: torch.Generator) -> Split:
        def uniform(width: float) -> Tensor:
            return width * (torch.rand(self.size, 1, generator=generator) - 0.5)

        low, high = self.padding
        length = len(TEMPLATES[0]) + high
        labels = torch.randperm(self.size, generator=generator) % len(TEMPLATES)
        padding = torch.randint(low, high + 1, (self.size, 1), generator=generator)
        # Where each of the points lies on the padded stroke, (n, length).
        place = torch.linspace(0, 1, length) * (len(TEMPLATES[0]) - 1 + padding)
        signal = stroke(labels, place) * (1 + uniform(self.scale))
        inside = place < len(TEMPLATES[0])
        shift = torch.randint(self.max_translation, (self.size, 1), generator=generator)
        source = (torch.arange(length) - shift) % length
        signal, inside = signal.gather(1, source), inside.gather(1, source)
        around = self.correlated_noise * torch.randn(signal.shape, generator=generator)
        signal = torch.where(inside, signal, torch.from_numpy(gaussian_filter1d(around, 2)))
        signal = signal + self.noise * torch.randn(signal.shape, generator=generator)
        signal = signal - uniform(self.shear) * torch.linspace(-0.5, 0.5, length)
        # (n, length) -> (n, 40).
        points = interpolate(signal[:, None], self.shape[0], mode="linear", align_corners=True)
        points = points[:, 0]
        return Split((points - points.mean()) / points.std(correction=0), labels)


def stroke(labels: Tensor, place: Tensor) -> Tensor:
    """Heights of the strokes of these digits (n,) at places (n, m) from 0; 0 behind their ends."""
    heights = torch.tensor(TEMPLATES)
    heights = (heights - heights.mean(1, keepdim=True)) / heights.std(1, keepdim=True, correction=0)
    heights = (heights - heights[:, :1]) / 6
    heights = torch.cat([heights, torch.zeros(len(heights), 2)], 1)[labels]  # (n, 14)
    left = place.floor().long().clamp(max=heights.shape[1] - 2)
    return torch.lerp(
        heights.gather(1, left), heights.gather(1, left + 1), (place - left).clamp(max=1)
    )
