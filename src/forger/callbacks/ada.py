"""Adaptive discriminator augmentation."""

from typing import Any

import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor

from forger.augment import Adaptive
from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN
from forger.runs.loggers import log_values


class ADA(Callback):
    """Adapts p of `augment.Adaptive` to how much D overfits (Karras et al. 2020, section 3).

    Every `every_n_updates` updates p grows where r_t = E[sign(D(real))], over these updates, is
    above the target, and shrinks where it is below, within [0, 1], at a pace at which `images` real
    images take it from 0 to 1. `training/ada_p` and `training/ada_r` are curves, at each logging
    interval. Raises ForgerError if the GAN has no such augmentation.
    """

    def __init__(self, target: float, every_n_updates: int, images: int) -> None:
        check_positive(every_n_updates=every_n_updates, images=images)
        if not -1 <= target <= 1:
            raise ValueError(f"target (={target}) must be in [-1, 1]: it is a mean sign")
        self.target = target
        self.every_n_updates = every_n_updates
        self.images = images
        # Mean sign of each update since p was moved.
        self.signs: list[Tensor] = []
        self.r = torch.zeros(())

    def check(self, gan: GAN, data: InMemory) -> None:
        if not any(isinstance(part, Adaptive) for part in gan.augment.values()):
            raise ForgerError("callbacks.ada moves the strength of augment=ada: give that as well")

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        self.augments = [part for part in gan.augment.values() if isinstance(part, Adaptive)]
        # A checkpoint is read on the CPU.
        self.signs = [sign.to(gan.device) for sign in self.signs]
        self.r = self.r.to(gan.device)

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: tuple[Tensor, Tensor], *_: object
    ) -> None:
        # On the device: to wait for its value would stop the GPU at each update.
        self.signs.append(gan.last["real"].sign().float().mean())
        if trainer.global_step % self.every_n_updates == 0:
            # Over all ranks, so that p stays the same on each.
            self.r = trainer.strategy.reduce(torch.stack(self.signs).mean(), reduce_op="mean")
            seen = len(self.signs) * len(batch[0]) * trainer.world_size
            for augment in self.augments:
                step = torch.sign(self.r - self.target) * (seen / self.images)
                augment.p.add_(step).clamp_(0, 1)
            self.signs = []
        if trainer.global_step % trainer.log_every_n_steps == 0:  # pyright: ignore
            p, r = self.augments[0].p.item(), self.r.item()
            log_values(trainer, {"training/ada_p": p, "training/ada_r": r})

    def state_dict(self) -> dict[str, Any]:
        """The signs of the current interval, and r_t; p is in the GAN's state."""
        return {"signs": self.signs, "r": self.r}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        signs, r = list(state_dict["signs"]), state_dict["r"]
        if not all(isinstance(value, Tensor) and value.ndim == 0 for value in (*signs, r)):
            raise ValueError("signs and r must be scalar tensors")
        self.signs, self.r = signs, r
