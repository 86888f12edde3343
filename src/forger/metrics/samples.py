"""A set of images, or of points, with the evaluator's features and probabilities of them."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from forger.errors import ForgerError
from forger.metrics.evaluator import Evaluator
from forger.metrics.neighbours import radii

if TYPE_CHECKING:
    from forger.gan import GAN

# Neighbours whose distances are found at once, since metrics ask for several of the nearest.
NEAREST = 5


class Samples:
    """Examples, and their features and class probabilities, computed once when first asked for.

    `examples` are images, uint8 (n, C, H, W), values 0 to 255, or points, float32 (n, *shape),
    whose numbers are put in a row, (n, d); n at least 1, on any device. Images pass through the
    evaluator `batch_size` at a time on the evaluator's device, without gradients; points have none
    (None) and are features themselves.
    Results are kept on the CPU, where all metrics compute in float64: an accelerator's arithmetic
    rounds features and nothing more, which moves a Fréchet distance by a few parts in 10,000.

    `labels`, int64 (n,), are the classes that generated examples were asked for, or that real ones
    have; None if they are unknown. `gan` is the GAN that generated them, None for others.

    An evaluator of grey images sees each channel by itself: the features of the C channels stand
    side by side, and a class is one of each channel, the first counting most, such as the 1,000
    numbers that three digits make.

    Raises ForgerError if the examples are neither, or there are none.
    """

    def __init__(
        self,
        examples: Tensor,
        evaluator: Evaluator | None,
        labels: Tensor | None = None,
        batch_size: int = 100,
        gan: "GAN | None" = None,
    ) -> None:
        kind = (examples.dtype, examples.ndim)
        # An evaluator sees images as bytes: floats that come with one are a mistake.
        points = examples.dtype == torch.float32 and (
            examples.ndim == 2 or (examples.ndim > 2 and evaluator is None)
        )
        if not (points or kind == (torch.uint8, 4)) or not len(examples):
            raise ForgerError(
                "images must be a uint8 tensor of shape (n, C, H, W), points a float32 tensor of"
                f" shape (n, *shape), n at least 1, got {examples.dtype} {tuple(examples.shape)}"
            )
        self.examples = examples.flatten(1) if points else examples
        self.evaluator = evaluator
        self.labels = labels
        self.batch_size = batch_size
        self.gan = gan
        # Distances to the nearest neighbours, (n, k) for the largest k so far.
        self.neighbour_distances = torch.empty(len(examples), 0)

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def images(self) -> Tensor:
        """The examples of those who need pixels; raises ForgerError if they are points."""
        if self.examples.ndim == 2:
            raise ForgerError(
                "metrics of pixels, such as parzen, take no points: give others; a metric of your"
                " own reads .features"
            )
        return self.examples

    @property
    def known_labels(self) -> Tensor:
        """`labels` of those who need them; raises ForgerError if they are unknown."""
        if self.labels is None:
            raise ForgerError("this metric needs labels, of a conditional GAN: give other metrics")
        return self.labels

    @property
    def classifier(self) -> Evaluator:
        """The evaluator; raises ForgerError if there is none."""
        if self.evaluator is None:
            raise ForgerError(
                "these data have no evaluator (data.evaluator), so no metric of classes or of"
                " features can be measured: give others, such as metrics=[nearest]"
            )
        return self.evaluator

    @cached_property
    def features(self) -> Tensor:
        """The points, or the evaluator's penultimate activations, float32 (n, d)."""
        with torch.no_grad():
            return torch.cat([self.features_of(x) for x in self.examples.split(self.batch_size)])

    def features_of(self, examples: Tensor) -> Tensor:
        """The same for others at once: points, or images as uint8 or as floats from 0 to 1."""
        if self.examples.ndim == 2:
            return examples.flatten(1).cpu()
        classifier, device = self.classifier, self.classifier.head.weight.device
        # (b, C, H, W) -> (b C, 1, H, W) for an evaluator of grey images: channel by channel.
        seen = examples.flatten(0, 1).unsqueeze(1) if classifier.shape[0] == 1 else examples
        # (b C, d) -> (b, C d), back on the CPU.
        return classifier.features(seen.to(device)).view(len(examples), -1).cpu()

    @cached_property
    def probabilities(self) -> Tensor:
        """The evaluator's class probabilities, float32 (n, classes), each row summing to 1."""
        classifier = self.classifier
        with torch.no_grad():
            seen = self.features.to(classifier.head.weight.device).unflatten(
                1, (-1, classifier.num_features)
            )
            # (n, C, d) -> (n, C, classes) -> C of (n, classes)
            first, *others = classifier.head(seen).softmax(2).unbind(1)
            for other in others:
                # (n, a, 1) * (n, 1, b) -> (n, a b): channels are independent.
                first = (first[:, :, None] * other[:, None]).flatten(1)
        return first.cpu()

    def radii(self, k: int) -> Tensor:
        """Distance from each to its k-th nearest neighbour among the features, float64 (n,).

        Raises ForgerError unless k < n.
        """
        if k > self.neighbour_distances.shape[1]:
            self.neighbour_distances = radii(self.features, max(k, min(NEAREST, len(self) - 1)))
        return self.neighbour_distances[:, k - 1]


class Metric(Protocol):
    """What is measured on samples: named numbers, from generated examples `fake` and others.

    real: what they are compared with, validation examples during training and test examples after.
    train: what the generator has seen. validation: for choosing settings. Most metrics need neither
    and take both as `**others`.
    One that looks at examples alone says `needs_evaluator = False`.
    """

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]: ...


def numbers(returned: Any) -> dict[str, float]:
    """What a metric returned, as plain numbers; ForgerError unless it is a dict of numbers."""
    if not isinstance(returned, Mapping) or not returned:
        found = "an empty dict" if isinstance(returned, Mapping) else f"a {type(returned).__name__}"
        raise ForgerError(f"it returns {found}, not a dict of numbers: return {{NAME: NUMBER}}")
    values: dict[str, float] = {}
    for name, value in returned.items():
        plain = value.detach() if isinstance(value, Tensor) else value
        try:
            if not isinstance(name, str) or not name or isinstance(value, str):
                raise TypeError
            values[name] = float(plain)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ForgerError(
                f"it returns a {type(value).__name__} for {name!r}, not a number for a name: return"
                " {NAME: NUMBER}"
            ) from error
    return values


def need_evaluator(metrics: Iterable[Metric]) -> bool:
    """Whether any of them looks at features or classes, and not at examples alone."""
    return any(getattr(metric, "needs_evaluator", True) for metric in metrics)
