"""Divergence between distributions over classes."""

import torch
from torch import Tensor


def kl_divergence(p: Tensor, q: Tensor) -> Tensor:
    """Kullback-Leibler divergence in nats of rows p from rows q (n, classes): a scalar, their mean.

    Rows need not sum to 1. It is infinite if a class has a share in p alone.
    """
    p, q = (x / x.sum(1, keepdim=True) for x in (p, q))
    terms = p * torch.log(p / q)
    terms[p == 0] = 0  # the limit of p log p
    return terms.sum(1).sum() / len(p)
