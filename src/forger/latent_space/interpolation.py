"""Paths between two latent vectors."""

import torch
from torch import Tensor


def slerp(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    """From a (weight 0) to b (weight 1) on the sphere: (..., d), broadcast like `torch.lerp`.

    The direction moves along the great circle at an even pace (Shoemake 1985) and the
    length changes linearly, so that between two draws from a Gaussian every z is as long as a draw,
    where a straight line passes through lengths that hardly ever occur (White 2016). Vectors that
    point the same way or opposite ways name no great circle: there it is linear.
    """
    length_a, length_b = (x.norm(dim=-1, keepdim=True) for x in (a, b))  # (..., 1)
    unit_a, unit_b = a / length_a, b / length_b
    # (..., 1); rounding may leave [-1, 1].
    angle = (unit_a * unit_b).sum(-1, keepdim=True).clamp(-1, 1).acos()
    direction = ((1 - weight) * angle).sin() * unit_a + (weight * angle).sin() * unit_b  # (..., d)
    on_sphere = torch.lerp(length_a, length_b, weight) * direction / angle.sin()
    # Where the angle is 0 or pi, the great circle is not unique and its formula divides by 0.
    return torch.where(angle.sin() > 1e-3, on_sphere, torch.lerp(a, b, weight))


PATHS = {"spherical": slerp, "linear": torch.lerp}
