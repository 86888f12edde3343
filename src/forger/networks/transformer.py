"""A small pair of transformers on square patches of an image (Dosovitskiy et al. 2021, ViT)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from forger.checks import check_positive
from forger.networks.mlp import OUTPUTS, Output


class Block(nn.Module):
    """Self-attention, then a perceptron, each on normalised tokens and added to them.

    Tokens (m, n, width) to as many. heads: number of attentions side by side, each with an equal
    part of width.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.perceptron = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.first(x))
        return x + self.perceptron(self.second(x))

    def attend(self, x: Tensor) -> Tensor:
        # Written out: torch's fused attention has no second derivative, which penalties need.
        # (m, n, 3, heads, width / heads)
        parts = self.query_key_value(x).unflatten(2, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # (m, heads, n, width / heads) each
        # softmax(Q K^T / sqrt(size of a key)), Vaswani et al. 2017, eq. 1: (m, heads, n, n)
        attention = (query @ key.transpose(2, 3) / query.shape[-1] ** 0.5).softmax(3)
        # (m, heads, n, width / heads) -> (m, n, heads, width / heads) -> (m, n, width)
        return self.out((attention @ value).transpose(1, 2).flatten(2))


class Generator(nn.Module):
    """Transformer generator: latent vectors (m, latent_dim) to images (m, C, H, W).

    patch: pixels of a patch's side; each patch is a token. width: numbers in a token. depth: number
    of blocks. heads: number of attention heads in each block. output: last activation, see `mlp`;
    checkpoints up to 0.1.0 do not say. Raises ValueError as `grid` does.
    """

    def __init__(
        self,
        latent_dim: int,
        shape: Sequence[int],
        patch: int,
        width: int,
        depth: int,
        heads: int,
        output: Output = "tanh",
    ) -> None:
        super().__init__()
        activation, self.value_range = OUTPUTS[output]
        check_positive(latent_dim=latent_dim)
        rows, columns = grid(shape, patch, width, depth, heads)
        self.tokens = nn.Linear(latent_dim, rows * columns * width)
        self.positions = nn.Parameter(0.02 * torch.randn(rows * columns, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.pixels = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, shape[0] * patch**2))
        self.image = nn.Sequential(
            # (m, C patch^2, rows, columns)
            nn.Unflatten(2, (rows, columns)),
            nn.PixelShuffle(patch),  # (m, C, H, W)
            activation(),
        )

    def forward(self, z: Tensor) -> Tensor:
        tokens = self.tokens(z).unflatten(1, self.positions.shape)  # (m, patches, width)
        pixels = self.pixels(self.blocks(tokens + self.positions))  # (m, patches, C patch^2)
        return self.image(pixels.transpose(1, 2))  # (m, C patch^2, patches) -> (m, C, H, W)


class Discriminator(nn.Module):
    """Transformer discriminator: images (m, C, H, W) to logits (m,), from the mean of all tokens.

    heads: number of attention heads in each block. patch, width, depth: as for the generator.
    """

    def __init__(
        self, shape: Sequence[int], patch: int, width: int, depth: int, heads: int
    ) -> None:
        super().__init__()
        rows, columns = grid(shape, patch, width, depth, heads)
        # A convolution whose stride is its size is a linear layer on each patch:
        # (m, C, H, W) -> (m, width, rows, columns).
        self.tokens = nn.Conv2d(shape[0], width, patch, stride=patch)
        self.positions = nn.Parameter(0.02 * torch.randn(rows * columns, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.tokens(x).flatten(2).transpose(1, 2)  # (m, patches, width)
        tokens = self.norm(self.blocks(tokens + self.positions))
        return self.last(tokens.mean(1)).squeeze(1)  # (m, width) -> (m, 1) -> (m,)


def grid(shape: Sequence[int], patch: int, width: int, depth: int, heads: int) -> tuple[int, int]:
    """Rows and columns of patches in a (C, H, W) image.

    Raises ValueError unless patches fill the image and heads divide the width.
    """
    check_positive(shape=shape, patch=patch, width=width, depth=depth, heads=heads)
    if len(shape) != 3 or shape[1] % patch or shape[2] % patch:
        raise ValueError(
            f"shape (={list(shape)}) must be [channels, height, width] with sides that are"
            f" multiples of patch (={patch})"
        )
    if width % heads:
        raise ValueError(f"width (={width}) must be a multiple of heads (={heads})")
    return shape[1] // patch, shape[2] // patch
