"""Algorithm 1 with several generator updates, as k is several discriminator updates."""

from typing import Any

from torch import Tensor

from forger.checks import check_positive
from forger.gan import GAN, Values


class SeveralGeneratorUpdates(GAN):
    """After k discriminator updates as many generator updates as `generator_updates`.

    Each has fresh noise. The update that checkpoints, curves and schedules count is still the
    iteration. Raises ForgerError for fewer than one.
    """

    def __init__(self, generator_updates: int, **parts: Any) -> None:
        super().__init__(**parts)
        check_positive(generator_updates=generator_updates)
        self.generator_updates = generator_updates

    def update_generator(self, real: Tensor, label: Tensor) -> Values:
        """Descend the generator's stochastic gradient several times; the values of the last."""
        values: Values = {}
        for _ in range(self.generator_updates):
            values = super().update_generator(real, label)
        return values
