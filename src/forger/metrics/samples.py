"""A set of images together with what the evaluator makes of them."""

from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from forger.errors import ForgerError
from forger.metrics.evaluator import Evaluator


class Samples:
    """Images, and their features and class probabilities, computed once when first asked for.

    `images` is uint8 (n, C, H, W), values 0 to 255, n at least 1, on any device. They pass through
    the evaluator `batch_size` at a time on the evaluator's device, without gradients. Results are
    kept on the CPU, where all metrics compute in float64, so that a score does not depend on the
    accelerator's arithmetic.

    Raises ForgerError if the images are not uint8 (n, C, H, W) or there are none.
    """

    def __init__(self, images: Tensor, evaluator: Evaluator, batch_size: int = 500) -> None:
        if images.dtype != torch.uint8 or images.ndim != 4 or not len(images):
            raise ForgerError(
                "images must be a uint8 tensor of shape (n, C, H, W) with n at least 1, "
                f"got {images.dtype} {tuple(images.shape)}"
            )
        self.images = images
        self.evaluator = evaluator
        self.batch_size = batch_size

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def features(self) -> Tensor:
        """The evaluator's penultimate activations, float32 (n, d)."""
        device = self.evaluator.head.weight.device
        with torch.no_grad():
            batches = self.images.split(self.batch_size)
            return torch.cat([self.evaluator.features(b.to(device)).cpu() for b in batches])

    @cached_property
    def probabilities(self) -> Tensor:
        """The evaluator's class probabilities, float32 (n, classes), each row summing to 1."""
        with torch.no_grad():
            device = self.evaluator.head.weight.device
            return self.evaluator.head(self.features.to(device)).softmax(1).cpu()


class Metric(Protocol):
    """What is measured on samples: named numbers, from generated images `fake` and others.

    real: what they are compared with, validation images during training and test images after.
    train: what the generator has seen. validation: for choosing settings.
    """

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]: ...
