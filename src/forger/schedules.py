"""Learning-rate schedules that torch does not have; all advance with generator updates."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from forger.checks import check_positive


class Goodfellow2014(LRScheduler):
    """The authors' schedule for MNIST: the rate decays a little each update, momentum ramps up.

    decay: number that the rate is divided by after each update, down to min_lr. momentum: first and
    last momentum, between which it rises along a straight line from one update of `ramp` to the
    other, in steps of `epoch` updates.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        decay: float,
        min_lr: float,
        momentum: tuple[float, float],
        ramp: tuple[int, int],
        epoch: int = 1,
    ) -> None:
        check_positive(epoch=epoch)
        self.decay, self.min_lr = decay, min_lr
        self.momentum, self.ramp, self.epoch = tuple(momentum), tuple(ramp), epoch
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Any]:
        (low, high), (start, end) = self.momentum, self.ramp
        # `last_epoch` is torch's word for the number of updates.
        # The momentum rises in steps: it is that of the update at which its epoch began.
        began = self.last_epoch // self.epoch * self.epoch
        progress = min(max((began - start) / (end - start), 0.0), 1.0)
        # torch schedules rates only, so the momentum is set here.
        for group in self.optimizer.param_groups:
            group["momentum"] = low + progress * (high - low)
        # Multiplied by a negative power: the positive power would overflow in a long run.
        left = self.decay**-self.last_epoch
        return [max(lr * left, self.min_lr) for lr in self.base_lrs]
