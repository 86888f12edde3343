"""Optimistic Adam, an optimizer that torch does not have."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Adam


class OptimisticAdam(Adam):
    """Optimistic Adam (Daskalakis et al. 2018, algorithm 1), with the settings of torch's Adam.

    Where Adam steps by u_t, this steps by 2 u_t - u_(t-1): the step before is taken back, since the
    other player has answered it by now.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore
        learning = [p for group in self.param_groups for p in group["params"]]
        before = [p.clone() for p in learning]
        loss = super().step(closure)
        for p, old in zip(learning, before, strict=True):
            # Without a gradient, and so without a state, a parameter has not moved.
            if state := self.state.get(p):
                update = p - old  # u_t
                p.add_(update).sub_(state.get("previous_update", torch.zeros_like(p)))
                state["previous_update"] = update
        return loss
