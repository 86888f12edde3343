"""Metrics while the generator learns."""

from collections.abc import Mapping
from typing import cast

import torch
from pytorch_lightning import Callback, Trainer

from forger.checks import at_least_one
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN
from forger.metrics import evaluator
from forger.metrics.samples import Metric, Samples


class Measure(Callback):
    """Each metric of samples against validation images, as metric/... to loggers and callbacks.

    metrics: what to measure, by name. every_n_updates: how often. n: samples, and validation images
    at most. seed: of the samples, the same each time, so that curves move with the generator alone.
    Training goes on as if nothing had been measured: no random state, weight or buffer changes.
    Raises ForgerError if the data set has no evaluator or no validation images.
    """

    def __init__(
        self, metrics: Mapping[str, Metric], every_n_updates: int, n: int, seed: int
    ) -> None:
        at_least_one(every_n_updates=every_n_updates, n=n)
        self.metrics = metrics
        self.every_n_updates = every_n_updates
        self.n = n
        self.seed = seed

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        if data.evaluator is None or len(data.splits["validation"].examples) == 0:
            raise ForgerError(
                "callbacks.measure needs an evaluator and validation images, and these data lack"
                " one: set data.validation_size, or give ~callbacks.measure ~callbacks.best"
            )
        self.evaluator = evaluator.load(evaluator.find(data.evaluator, data.root)).to(gan.device)
        self.train = Samples(data.splits["train"].examples, self.evaluator)
        self.validation = Samples(data.splits["validation"].examples[: self.n], self.evaluator)

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: object, batch_idx: int
    ) -> None:
        if trainer.global_step % self.every_n_updates == 0:
            values = self.measure(gan) if trainer.is_global_zero else {}
            values = trainer.strategy.broadcast(values)
            for logger in trainer.loggers:
                logger.log_metrics(values, step=trainer.global_step)
            trainer.callback_metrics.update({k: torch.tensor(v) for k, v in values.items()})

    def measure(self, gan: GAN) -> dict[str, float]:
        fake = Samples(gan.sample(self.n, self.seed), self.evaluator)
        splits = {"train": self.train, "validation": self.validation}
        values: dict[str, float] = {}
        for metric in self.metrics.values():
            values |= metric(fake, self.validation, **splits)
        return {f"metric/{name}": value for name, value in values.items()}
