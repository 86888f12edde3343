"""A discriminator with the standard deviation of its features within the minibatch as an input."""

import torch
from torch import Tensor, nn

from forger.checks import check_positive
from forger.errors import ForgerError
from forger.networks.heads import split_last


class Discriminator(nn.Module):
    """Any discriminator, given the deviation of its features within a group (Karras et al. 2018).

    Examples (m, *shape) to logits (m,) = body(x) + weight * s: s is the standard deviation over the
    group, averaged over all features (their section 3), so that a lack of variety shows. It is one
    more input of the last layer, whose weight starts at 0. body: a discriminator whose `layers` end
    with the linear layer that gives its logit. group: examples of one kind in a group; all of a
    minibatch that has fewer. Raises ForgerError if m is no multiple of it otherwise.
    """

    def __init__(self, body: nn.Module, group: int) -> None:
        super().__init__()
        check_positive(group=group)
        self.group = group
        self.features, self.last = split_last(body)
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        group = min(self.group, len(x))
        if len(x) % group:
            raise ForgerError(
                f"{len(x)} examples at once are no multiple of discriminator.group (={group}): give"
                " another data.batch_size"
            )
        features = self.features(x)  # (m, features)
        return self.last(features).squeeze(1) + self.weight * deviation(features, group)  # (m,)


def deviation(features: Tensor, group: int) -> Tensor:
    """The mean standard deviation within each example's group, (m,), of features (m, n)."""
    groups = features.unflatten(0, (-1, group))  # (m / group, group, n)
    # The derivative of the square root is infinite at 0.
    spread = (groups.var(1, unbiased=False) + 1e-8).sqrt()
    return spread.mean(1).repeat_interleave(group)  # (m / group, n) -> (m / group,) -> (m,)
