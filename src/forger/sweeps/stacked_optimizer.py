"""One optimizer for the networks of many GANs."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from forger.errors import ForgerError

# Their steps are proportional to the learning rate; those of their children may not be.
STACKED = (Adam, AdamW, SGD, RMSprop)


class StackedOptimizer:
    """One optimizer in place of those of N networks, which may differ in their learning rates.

    It steps zero tensors with lr = 1, which gives the direction of each step; each member adds its
    own lr times it. members: the optimizers of the networks, whose states are slices of this one's.
    parameters: each (N, ...). make: builds the optimizer.
    """

    def __init__(
        self,
        members: Sequence[Optimizer],
        parameters: Sequence[Tensor],
        make: Callable[..., Optimizer],
    ) -> None:
        self.groups = [member.param_groups[0] for member in members]
        self.states = [member.state for member in members]
        self.parameters = parameters
        self.directions = [nn.Parameter(torch.zeros_like(p)) for p in parameters]
        self.optimizer = make(self.directions)
        if type(self.optimizer) not in STACKED or self.groups[0]["weight_decay"]:
            raise ForgerError(
                "launcher=together takes Adam, SGD or RMSprop without weight decay as optimizers,"
                f" not {type(self.optimizer).__name__}: remove +launcher=together"
            )
        if len(members[0].param_groups) > 1:
            raise ForgerError(
                "launcher=together takes optimizers with one group of parameters, not"
                f" {len(members[0].param_groups)}: remove +launcher=together"
            )
        # Directions whose state the members' optimizers have slices of.
        self.linked: set[Tensor] = set()
        for direction, *own in zip(
            self.directions, *(g["params"] for g in self.groups), strict=True
        ):
            states = [s[p] for s, p in zip(self.states, own, strict=True) if s.get(p)]
            if states:
                self.optimizer.state[direction] = {
                    # (*shape) -> (N, *shape); the number of steps is the same for all.
                    key: value.clone() if key == "step" else torch.stack([s[key] for s in states])
                    for key, value in states[0].items()
                }

    @torch.no_grad()
    def step(self, losses: Tensor) -> None:
        """Move each member down the gradient of its own loss, of losses (N,)."""
        learning = [p for p in self.parameters if p.requires_grad]
        if not learning:
            # Everything is frozen, and the losses have no gradient.
            return
        with torch.enable_grad():
            # A member's loss depends on its own slice only, so the sum gives each its own gradient.
            # (N, *shape) each.
            found = iter(torch.autograd.grad(losses.sum(), learning, allow_unused=True))
        gradients = [next(found) if p.requires_grad else None for p in self.parameters]
        for direction, gradient in zip(self.directions, gradients, strict=True):
            direction.zero_()
            if gradient is not None and gradient.stride() != direction.stride():
                # A fused step reads memory in order, so both tensors need the same layout.
                gradient = torch.empty_like(direction).copy_(gradient)
            direction.grad = gradient
        settings = {key: value for key, value in self.groups[0].items() if key != "params"}
        self.optimizer.param_groups[0] |= settings | {"lr": 1.0}
        self.optimizer.step()
        # A copy from pinned memory does not wait for the device.
        rates = torch.tensor([g["lr"] for g in self.groups], pin_memory=losses.is_cuda)
        rates = rates.to(losses.device, non_blocking=True)
        for parameter, direction in zip(self.parameters, self.directions, strict=True):
            # Rates (N,) -> (N, 1, ..., 1).
            parameter.addcmul_(rates.view(-1, *[1] * (parameter.ndim - 1)), direction)
        self.distribute(gradients)

    def distribute(self, gradients: Sequence[Tensor | None]) -> None:
        """Let each member's optimizer see its own gradients, and its own state."""
        for i, (group, state) in enumerate(zip(self.groups, self.states, strict=True)):
            for p, direction, gradient in zip(
                group["params"], self.directions, gradients, strict=True
            ):
                p.grad = None if gradient is None else gradient[i]
                if direction in self.optimizer.state and direction not in self.linked:
                    stacked: Mapping[str, Tensor] = self.optimizer.state[direction]
                    state[p] = {k: v if k == "step" else v[i] for k, v in stacked.items()}
        # A parameter that has been frozen so far has no state.
        self.linked = set(self.optimizer.state)
