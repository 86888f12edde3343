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
from forger.gan import GAN
from forger.runs.loggers import uninterrupted

CHARTS = {
    "loss": ["loss/discriminator", "loss/generator"],
    "D(x) and D(G(z)), 0.5 at equilibrium": ["prob/real", "prob/fake"],
    "accuracy of D, 0.5 at equilibrium": ["training/accuracy_real", "training/accuracy_fake"],
    "gradient norm": ["training/grad_discriminator", "training/grad_generator"],
    "learning rate": ["training/lr_discriminator", "training/lr_generator"],
}


class Curves(Callback):
    """Means over each logging interval, to every logger and to `trainer.callback_metrics`.

    loss/discriminator, loss/generator: what each minimises, penalty included. prob/real, prob/fake:
    mean D(x) and D(G(z)). training/accuracy_...: share of the minibatch that the discriminator gets
    right. training/grad_...: the gradient's L2 norm at the interval's last update. training/lr_...:
    the learning rate after it. time/images_per_second: real images that the discriminator saw, over
    all ranks.
    TensorBoard sorts by name: what tells the story comes before how it is made.

    every_n_updates: the interval. What each update leaves in `gan.last` stays on the device until
    its end, so that the iteration neither computes a mean nor waits for one; and the means go to
    the loggers directly, since `self.log` costs more than all the rest of Lightning's iteration.
    """

    def __init__(self, every_n_updates: int) -> None:
        check_positive(every_n_updates=every_n_updates)
        self.every_n_updates = every_n_updates
        self.updates: list[dict[str, Tensor]] = []
        self.images = 0
        self.since = 0.0
        self.gradients: dict[str, Tensor] = {}

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        self.since = time.monotonic()
        # From a checkpoint, which was read on the CPU.
        self.updates = [{k: v.to(gan.device) for k, v in last.items()} for last in self.updates]
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
                layout = {title: ["Multiline", tags] for title, tags in CHARTS.items()}
                logger.experiment.add_custom_scalars({"GAN": layout})

    def on_before_optimizer_step(self, trainer: Trainer, gan: GAN, optimizer: Optimizer) -> None:
        if (trainer.global_step + 1) % self.every_n_updates == 0:
            name = "generator" if optimizer is trainer.optimizers[0] else "discriminator"
            parameters = getattr(gan, name).parameters()
            gradients = [p.grad for p in parameters if p.grad is not None]
            norm = get_total_norm(gradients)
            scaler = getattr(trainer.precision_plugin, "scaler", None)
            if scaler is not None and optimizer.defaults.get("fused"):
                # Those unscale within their step.
                norm = norm / scaler.get_scale()
            self.gradients[f"training/grad_{name}"] = norm

    def on_train_batch_end(
        self,
        trainer: Trainer,
        gan: GAN,
        outputs: object,
        batch: tuple[Tensor, Tensor],
        batch_idx: int,
    ) -> None:
        self.updates.append(gan.last.copy())
        self.images += len(batch[0]) * trainer.world_size
        if trainer.global_step % self.every_n_updates == 0:
            self.write(trainer)

    def write(self, trainer: Trainer) -> None:
        """Write the interval's means at the clock's time, and start the next interval."""
        last = {k: torch.stack([u[k] for u in self.updates]).float() for k in self.updates[0]}
        real, fake = last["real"], last["fake"]
        means = {
            "loss/discriminator": last["loss/discriminator"].mean(),
            "loss/generator": last["loss/generator"].mean(),
            "prob/real": real.sigmoid().mean(),
            "prob/fake": fake.sigmoid().mean(),
            "training/accuracy_real": (real > 0).float().mean(),
            "training/accuracy_fake": (fake < 0).float().mean(),
        }
        mean = trainer.strategy.reduce(torch.stack([*means.values()]), reduce_op="mean")
        values = dict(zip(means, mean.tolist(), strict=True))
        values |= {name: norm.item() for name, norm in self.gradients.items()}
        for name, optimizer in zip(("generator", "discriminator"), trainer.optimizers, strict=True):
            values[f"training/lr_{name}"] = float(optimizer.param_groups[0]["lr"])
        now = time.monotonic()
        values["time/images_per_second"] = self.images / (now - self.since)
        with uninterrupted():
            for logger in trainer.loggers:
                logger.log_metrics(values, step=trainer.global_step)
            self.updates, self.gradients, self.images, self.since = [], {}, 0, now
        trainer.callback_metrics.update({k: torch.tensor(v) for k, v in values.items()})

    def state_dict(self) -> dict[str, Any]:
        """Of an interval under way; without its images, whose time is not that of the resumed."""
        return {"updates": self.updates}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        updates = list(state_dict["updates"])
        for update in updates:
            tensors = {key for key, value in update.items() if isinstance(value, Tensor)}
            if not {"real", "fake", "loss/discriminator", "loss/generator"} <= tensors:
                raise ValueError("updates must hold logits and losses, tensors")
            if any(update[key].shape != updates[0][key].shape for key in updates[0]):
                raise ValueError("updates must hold tensors of the same shapes")
        self.updates = updates
