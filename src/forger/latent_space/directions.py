"""Directions in latent space that change the example most."""

from torch import Tensor, nn
from torch.linalg import svd

from forger.errors import ForgerError


def principal(generator: nn.Module, latent_dim: int) -> tuple[Tensor, Tensor]:
    """Unit directions of z by how far each moves the first layer's output, the farthest first.

    Closed-form factorisation (SeFa, Shen & Zhou 2021, eq. 4): the eigenvectors of A^T A for
    the weight A (units, latent_dim) that acts on z, found as the right singular vectors of A. The
    largest coordinate of each is positive. It needs no samples, and ignores all later layers.

    Returns directions, float32 (r, latent_dim) in rows, and the singular values (r,) of A: how far
    a step of length 1 moves the output. r is the smaller of units and latent_dim.
    Raises ForgerError if the first layer with weights, embeddings aside, is no nn.Linear on z.
    """
    layers = (
        m
        for m in generator.modules()
        if any(True for _ in m.parameters(recurse=False)) and not isinstance(m, nn.Embedding)
    )
    first = next(layers, None)
    if not isinstance(first, nn.Linear) or first.in_features < latent_dim:
        raise ForgerError(
            "the generator's first layer with weights must be a torch.nn.Linear on the"
            f" {latent_dim} coordinates of z, but it is"
            f" {type(first).__module__}.{type(first).__name__}: forger traverse takes any generator"
        )
    # The embedding of the class, if any, comes after z.
    on_z = first.weight[:, :latent_dim].detach().double().cpu()  # (units, latent_dim)
    _, strengths, directions = svd(on_z, full_matrices=False)
    # (r, 1): a singular vector is unique but for its sign.
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return (directions * largest.sign()).float().contiguous(), strengths.float()
