"""Self-attention over the places of an image (Zhang et al. 2019, SAGAN)."""

import torch
from torch import Tensor, nn

from forger.checks import check_positive


class SelfAttention(nn.Module):
    """Features (m, channels, H, W) plus gamma times what each place takes from all others.

    Their eq. 1 to 3: keys and queries of an eighth of the channels, values of half of them. gamma
    is learned and starts at 0, so that at first the features pass unchanged.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        check_positive(channels=channels)
        narrow, half = max(1, channels // 8), max(1, channels // 2)
        self.query = nn.Conv2d(channels, narrow, 1)
        self.key = nn.Conv2d(channels, narrow, 1)
        self.value = nn.Conv2d(channels, half, 1)
        self.out = nn.Conv2d(half, channels, 1)
        # A scalar that starts at 0: the layer is the identity at first.
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        # (m, ..., H W) each
        query, key, value = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))
        # Eq. 1: (m, H W, H W), each row adds up to 1.
        attention = (query.transpose(1, 2) @ key).softmax(2)
        # Eq. 2: (m, half, H W) -> (m, half, H, W).
        taken = (value @ attention.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.gamma * self.out(taken)  # eq. 3: (m, channels, H, W)
