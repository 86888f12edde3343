"""The curves of a run: losses, probabilities, accuracies, gradients, learning rates, speed."""

import time
from typing import Any

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from forger.checks import check_positive
from forger.gan import GAN, Values
from forger.runs.loggers import log_values, uninterrupted

CHARTS = {
    "loss": ["loss/discriminator", "loss/generator"],
    "D(x) and D(G(z)), equal at equilibrium": ["prob/real", "prob/fake"],
    "accuracy of D, 0.5 at equilibrium": ["training/accuracy_real", "training/accuracy_fake"],
    "gradient norm": ["training/grad_discriminator", "training/grad_generator"],
    "learning rate": ["training/lr_discriminator", "training/lr_generator"],
}

# Values of every update; lazy penalties are in some updates only.
NEEDED = {"real", "fake", "loss/discriminator", "loss/generator"}


class Curves(Callback):
    """Means over each logging interval go to every logger and to `trainer.callback_metrics`.

    loss/discriminator, loss/generator: what each minimises, penalties and terms included.
    penalty/..., term/...: each of these alone. prob/real, prob/fake: mean D(x) and D(G(z)).
    training/accuracy_...: fraction of the minibatch that the discriminator gets right.
    training/grad_...: the gradient's L2 norm at the interval's last update. training/lr_...: the
    learning rate after it. time/images_per_second: real images that the discriminator saw, over
    all ranks.
    TensorBoard sorts by name: what shows the quality of a run comes before how it is trained.

    every_n_updates: number of generator updates in a logging interval; a run that is shorter has a
    point at its end. What each update leaves in `gan.last` stays on the device until the interval's
    end, so that the iteration neither computes a mean nor waits for one; and the means go to the
    loggers directly, since `self.log` costs more than all the rest of Lightning's iteration.
    """

    def __init__(self, every_n_updates: int) -> None:
        check_positive(every_n_updates=every_n_updates)
        self.every_n_updates = every_n_updates
        self.updates: list[Values] = []
        self.images = 0
        self.since = 0.0
        self.gradients: dict[str, Tensor] = {}

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        self.since = time.monotonic()
        # A checkpoint is read on the CPU.
        self.updates = [{k: v.to(gan.device) for k, v in last.items()} for last in self.updates]
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
                layout = {title: ["Multiline", tags] for title, tags in CHARTS.items()}
                logger.experiment.add_custom_scalars({"GAN": layout})

    def on_before_optimizer_step(self, trainer: Trainer, gan: GAN, optimizer: Optimizer) -> None:
        if (trainer.global_step + 1) % self.every_n_updates == 0:
            name = list(gan.networks)[trainer.optimizers.index(optimizer)]
            gradients = [p.grad for p in gan.networks[name].parameters() if p.grad is not None]
            # Computed before the step, which is when the gradients are complete.
            norm = get_total_norm(gradients)
            scaler = getattr(trainer.precision_plugin, "scaler", None)
            if scaler is not None and optimizer.defaults.get("fused"):
                # Fused optimizers unscale gradients within their step.
                norm = norm / scaler.get_scale()
            self.gradients[f"training/grad_{name}"] = norm

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: tuple[Tensor, Tensor], *_: object
    ) -> None:
        self.updates.append(gan.last.copy())
        self.images += len(batch[0]) * trainer.world_size
        if trainer.global_step % self.every_n_updates == 0:
            self.write(trainer, gan)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if self.images and trainer.global_step < self.every_n_updates:
            updates = self.updates
            self.write(trainer, gan)
            # The interval goes on in a run that is resumed.
            self.updates = updates

    def write(self, trainer: Trainer, gan: GAN) -> None:
        """Write the interval's means at the clock's time, and start the next interval."""
        names = dict.fromkeys(name for update in self.updates for name in update)
        # A lazy penalty is in some of the updates.
        each = {n: torch.stack([u[n] for u in self.updates if n in u]).float() for n in names}
        real, fake = each.pop("real"), each.pop("fake")
        means = {
            **{name: values.mean() for name, values in each.items()},
            "prob/real": real.sigmoid().mean(),
            "prob/fake": fake.sigmoid().mean(),
            "training/accuracy_real": (real > 0).float().mean(),
            "training/accuracy_fake": (fake < 0).float().mean(),
        }
        # All means in one tensor: one message between processes, one copy to the CPU.
        mean = trainer.strategy.reduce(torch.stack([*means.values()]), reduce_op="mean")
        values = dict(zip(means, mean.tolist(), strict=True))
        values |= {name: norm.item() for name, norm in self.gradients.items()}
        for name, optimizer in zip(gan.networks, trainer.optimizers, strict=True):
            values[f"training/lr_{name}"] = float(optimizer.param_groups[0]["lr"])
        now = time.monotonic()
        values["time/images_per_second"] = self.images / (now - self.since)
        with uninterrupted():
            log_values(trainer, values)
            self.updates, self.gradients, self.images, self.since = [], {}, 0, now

    def state_dict(self) -> dict[str, Any]:
        """The updates of the current interval; not its images, which took another run's time."""
        return {"updates": self.updates}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        updates = list(state_dict["updates"])
        for update in updates:
            tensors = {key for key, value in update.items() if isinstance(value, Tensor)}
            if not tensors >= NEEDED:
                raise ValueError("updates must have the tensors logits and losses")
            if any(update[key].shape != updates[0][key].shape for key in NEEDED):
                raise ValueError("updates must have tensors of the same shapes")
        self.updates = updates
