"""A discriminator that gives more than a logit."""

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from forger.checks import check_positive


def split_last(body: nn.Module) -> tuple[nn.Sequential, nn.Linear]:
    """The layers of a discriminator that give features (m, d), and the last one, from these.

    body: its `layers` end with the linear layer that gives its logit.
    """
    *features, last = cast(nn.Sequential, body.layers)
    return nn.Sequential(*features), cast(nn.Linear, last)


class Heads(nn.Module):
    """A discriminator with linear layers on its features, beside the one that gives the logit.

    Examples (m, *shape) to a dictionary: "logits" (m,), "features" (m, d), and (m, size) for each
    head. body: a discriminator whose `layers` end with the linear layer that gives its logit; the
    features are what goes in there. heads: the size of each head, by name.
    """

    def __init__(self, body: nn.Module, heads: Mapping[str, int]) -> None:
        super().__init__()
        check_positive(**heads)
        self.features, self.last = split_last(body)
        width = self.last.in_features
        self.heads = nn.ModuleDict({name: nn.Linear(width, n) for name, n in heads.items()})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.features(x)  # (m, d)
        # (m, d) -> (m, size) each
        outputs = {name: head(features) for name, head in self.heads.items()}
        return {"logits": self.last(features).squeeze(1), "features": features, **outputs}
