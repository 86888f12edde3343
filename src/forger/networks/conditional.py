"""Class-conditional networks, made of unconditional ones."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from forger.checks import check_positive
from forger.networks.heads import split_last


def call(network: nn.Module, x: Tensor, label: Tensor | None) -> Any:
    """A network's output for x (m, ...), of the classes in `label` (m,) if it states `classes`."""
    return network(x) if getattr(network, "classes", None) is None else network(x, label)


def discriminator_outputs(
    discriminator: nn.Module, x: Tensor, label: Tensor | None = None
) -> dict[str, Tensor]:
    """All outputs of a discriminator by name, "logits" (m,) among them."""
    outputs = call(discriminator, x, label)
    return outputs if isinstance(outputs, dict) else {"logits": outputs}


def discriminator_logits(
    discriminator: nn.Module, x: Tensor, label: Tensor | None = None
) -> Tensor:
    """The logits (m,) among a discriminator's outputs."""
    return discriminator_outputs(discriminator, x, label)["logits"]


class Generator(nn.Module):
    """Any generator, given the class's embedding beside z (Mirza and Osindero 2014, section 3.2).

    Latent vectors (m, latent_dim) and labels, int64 (m,), to examples (m, *shape).
    classes: number of classes. embedding: size of the learned embedding of a class. body: what
    builds the generator from a latent_dim.
    """

    def __init__(
        self, body: Callable[..., nn.Module], latent_dim: int, classes: int, embedding: int
    ) -> None:
        super().__init__()
        check_positive(latent_dim=latent_dim, classes=classes, embedding=embedding)
        self.classes = classes
        self.embedding = nn.Embedding(classes, embedding)
        # The body takes the embedding as more coordinates of z.
        self.body = body(latent_dim=latent_dim + embedding)
        self.value_range = self.body.value_range

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        # (m, latent_dim + embedding)
        return self.body(torch.cat([z, self.embedding(label)], dim=1))


class Concatenating(nn.Module):
    """Any discriminator of images, given the class as one more channel (Denton et al. 2015, 3.2).

    Images (m, C, H, W) and labels, int64 (m,), to logits (m,). classes: number of classes, each
    with a learned channel. body: what builds the discriminator from a shape.
    """

    def __init__(self, body: Callable[..., nn.Module], shape: Sequence[int], classes: int) -> None:
        super().__init__()
        check_positive(shape=shape, classes=classes)
        channels, *size = shape
        self.classes = classes
        self.size = size
        self.embedding = nn.Embedding(classes, math.prod(size))
        self.body = body(shape=[channels + 1, *size])

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        plane = self.embedding(label).unflatten(1, [1, *self.size])  # (m, H W) -> (m, 1, H, W)
        return self.body(torch.cat([x, plane], dim=1))  # (m, C + 1, H, W)


class Projection(nn.Module):
    """A discriminator with one direction of its features for each class (Miyato and Koyama 2018).

    Examples (m, *shape) and labels, int64 (m,), to logits (m,) = body(x) + v_label . features(x),
    their eq. 3. body: a discriminator whose `layers` end with the linear layer that gives its
    logit; the features are what goes in there. classes: number of classes.
    """

    def __init__(self, body: nn.Module, classes: int) -> None:
        super().__init__()
        check_positive(classes=classes)
        self.classes = classes
        self.features, self.last = split_last(body)
        self.embedding = nn.Embedding(classes, self.last.in_features)
        # At first the logit is the body's own, whatever the class.
        nn.init.zeros_(self.embedding.weight)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        features = self.features(x)  # (m, d)
        # (m, 1) -> (m,) plus v . features, (m,).
        return self.last(features).squeeze(1) + (self.embedding(label) * features).sum(1)
