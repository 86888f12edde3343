"""Between the bytes of images and the floats of networks: the only place where ranges change."""

import torch
from torch import Tensor

Range = tuple[float, float] | None


def to_float(images: Tensor, value_range: Range) -> Tensor:
    """Bytes to the range that the generator's last activation spans.

    images: uint8 (n, C, H, W). value_range: (low, high), or None for points, which pass unchanged.
    Returns float32 of the same shape in [low, high].
    """
    if value_range is None:
        return images
    low, high = value_range
    # In place on the copy that float() made: no second copy of a minibatch.
    return images.float().mul_((high - low) / 255).add_(low)


def to_unit(images: Tensor, value_range: Range) -> Tensor:
    """The generator's floats to [0, 1], clipped.

    images: float (n, C, H, W) in value_range; None passes points unchanged. Returns float.
    """
    if value_range is None:
        return images
    low, high = value_range
    return ((images - low) / (high - low)).clamp(0, 1)


def to_uint8(images: Tensor, value_range: Range) -> Tensor:
    """The generator's floats to bytes, rounded to the nearest and clipped.

    images: float (n, C, H, W) in value_range; None passes points unchanged. Returns uint8.
    """
    if value_range is None:
        return images
    low, high = value_range
    # Rounded before the conversion, which would cut off the fraction.
    return ((images.float() - low) * (255 / (high - low))).round_().clamp_(0, 255).to(torch.uint8)
