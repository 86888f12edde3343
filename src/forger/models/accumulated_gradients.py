"""Algorithm 1 with minibatches that are larger than the memory: gradients of parts add up."""

from typing import Any

import torch
from torch import Tensor

from forger.checks import check_positive
from forger.errors import ForgerError
from forger.gan import GAN, Values
from forger.training import optimization


class AccumulatedGradients(GAN):
    """Each update sees its minibatch in parts and takes one step down the mean of their gradients.

    That is the step of the whole minibatch, in a fraction of the memory, where losses are means
    over examples; what looks across a minibatch, such as batch normalisation, sees one part, and
    averages that move at each update, such as LeCam's, move at each part.
    parts: number of parts, all alike. Raises ForgerError for fewer than one, and for a minibatch
    that is no multiple of it.
    """

    def __init__(self, parts: int, **settings: Any) -> None:
        super().__init__(**settings)
        check_positive(parts=parts)
        self.parts = parts

    def update_discriminator(self, real: Tensor, label: Tensor) -> Values:
        """Ascend the discriminator's stochastic gradient, on real examples (m, *shape)."""
        return self.accumulate("discriminator", real, label)

    def update_generator(self, real: Tensor, label: Tensor) -> Values:
        """Descend the generator's stochastic gradient, against the frozen discriminator."""
        with optimization.frozen(self.discriminator):
            return self.accumulate("generator", real, label)

    def accumulate(self, network: str, real: Tensor, label: Tensor) -> Values:
        """One step of a network's optimizer; the values of all parts together."""
        if len(label) % self.parts:
            raise ForgerError(
                f"data.batch_size (={len(label)}) must be a multiple of model.parts (={self.parts})"
            )
        loss = self.discriminator_loss if network == "discriminator" else self.generator_loss
        optimizer = self.optimizer_of(network)
        optimizer.zero_grad()
        found: list[Values] = []
        learns = False
        # Each (m, ...) -> parts of (m / parts, ...)
        pieces = (x.chunk(self.parts) for x in (self.noise(len(label)), real, label))
        for part in zip(*pieces, strict=True):
            value, values = loss(*part)
            found.append({name: v.detach() for name, v in values.items()})
            learns = value.requires_grad  # unless all is frozen
            if learns:
                self.manual_backward(value / self.parts)
        if learns:
            self.trainer.strategy.optimizer_step(optimizer, lambda: None)
        return {name: together([values[name] for values in found]) for name in found[0]}


def together(values: list[Tensor]) -> Tensor:
    """The mean of scalars; logits (m / parts,) of parts become (m,)."""
    return torch.cat(values) if values[0].ndim else torch.stack(values).mean()
