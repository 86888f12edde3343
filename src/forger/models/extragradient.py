"""Updates by the gradients at a point ahead, which converge where simultaneous ones circle."""

import torch
from torch import Tensor

from forger.gan import Values
from forger.models.simultaneous import Simultaneous
from forger.training import optimization


class Extragradient(Simultaneous):
    """Extragradient (Gidel et al. 2019, algorithm 2): extrapolate, then step from before.

    Both networks step to a point ahead. The gradients there, on the same minibatch with fresh
    noise, are those of the step, which starts from where both were. An optimizer with a state, such
    as Adam, sees both gradients: that is the paper's ExtraAdam, algorithm 4. Raises ForgerError for
    k above 1.
    """

    def algorithm_1(self, images: Tensor, labels: Tensor) -> Values:
        """One extragradient update in place of Algorithm 1's two."""
        parameters = [p for network in self.networks.values() for p in network.parameters()]
        before = [p.detach().clone() for p in parameters]
        # The point ahead.
        self.gradients(images, labels)
        self.step()
        # The gradients there, then back, and the step.
        values = self.gradients(images, labels)
        with torch.no_grad():
            for parameter, old in zip(parameters, before, strict=True):
                parameter.copy_(old)
        self.step()
        optimization.update_average(self, len(labels))
        return {name: value.detach() for name, value in values.items()}
