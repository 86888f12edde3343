"""Metrics while the generator learns."""

import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from pytorch_lightning import Callback, Trainer

from forger.checks import at_least_one
from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN
from forger.metrics import evaluator
from forger.metrics.samples import Metric, Samples


class Measure(Callback):
    """Each metric of samples against validation data, as metric/... to loggers and callbacks.

    metrics: what to measure, by name. every_n_updates: how often; the end is measured too. n:
    samples, and validation data at most. seed: of the samples, the same each time, so that curves
    move with the generator alone. All values are NaN once the generator is not finite.
    Training goes on as if nothing had been measured: no random state, weight or buffer changes.
    Raises ForgerError if there are no validation data, or if they are images without an evaluator
    of their size.
    """

    def __init__(
        self, metrics: Mapping[str, Metric], every_n_updates: int, n: int, seed: int
    ) -> None:
        at_least_one(every_n_updates=every_n_updates, n=n)
        self.metrics = metrics
        self.every_n_updates = every_n_updates
        self.n = n
        self.seed = seed
        self.measured = -1
        """The update of the last measurement."""
        self.values: dict[str, float] = {}
        """What it gave."""
        self.goes_on = False

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        train, validation = (data.splits[name] for name in ("train", "validation"))
        lacking = None
        if len(validation.examples) == 0:
            lacking = "validation data: set data.validation_size or data.validation_share"
        elif data.evaluator is None and gan.value_range is not None:
            lacking = "an evaluator to see images through: set data.evaluator"
        if lacking:
            raise ForgerError(
                f"callbacks.measure needs {lacking}, or give ~callbacks.measure ~callbacks.best"
            )
        self.evaluator = None
        if data.evaluator is not None:
            self.evaluator = evaluator.load(evaluator.find(data.evaluator, data.root))
            self.evaluator.to(gan.device)
            # It sees each channel by itself if it is one of grey images.
            if self.evaluator.shape not in (data.shape, (1, *data.shape[1:])):
                raise ForgerError(
                    f"data.evaluator (={data.evaluator}) sees images of"
                    f" {list(self.evaluator.shape)}, and these data are of {list(data.shape)}: give"
                    " another, or ~callbacks.measure ~callbacks.best"
                )
        self.train = Samples(train.examples, self.evaluator, train.labels)
        examples, labels = (tensor[: self.n] for tensor in validation)
        self.validation = Samples(examples, self.evaluator, labels)

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        """Make up for what failed in the update that the checkpoint is of.

        A measurement that it lacks, or what others make of one that it has.
        """
        if self.goes_on and self.measured == trainer.global_step:
            self.tell(trainer)
        elif self.goes_on and trainer.global_step % self.every_n_updates == 0:
            self.write(trainer, gan)

    def on_train_batch_end(
        self, trainer: Trainer, gan: GAN, outputs: object, batch: object, batch_idx: int
    ) -> None:
        if trainer.global_step % self.every_n_updates == 0:
            self.write(trainer, gan)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if self.measured != trainer.global_step:
            self.write(trainer, gan)

    def write(self, trainer: Trainer, gan: GAN) -> None:
        """To the loggers, at the clock's time, and to `trainer.callback_metrics`."""
        values = self.measure(gan) if trainer.is_global_zero else {}
        self.values = trainer.strategy.broadcast(values)
        for logger in trainer.loggers:
            logger.log_metrics(self.values, step=trainer.global_step)
        self.measured = trainer.global_step
        self.tell(trainer)

    def tell(self, trainer: Trainer) -> None:
        trainer.callback_metrics.update({k: torch.tensor(v) for k, v in self.values.items()})

    def measure(self, gan: GAN) -> dict[str, float]:
        fake = Samples(gan.sample(self.n, self.seed), self.evaluator, gan.labels(self.n))
        splits = {"train": self.train, "validation": self.validation}
        values: dict[str, float] = {}
        for metric in self.metrics.values():
            values |= metric(fake, self.validation, **splits)
        if not all(weights.isfinite().all() for weights in gan.sampler.state_dict().values()):
            # Pixels show none of it: there every number is 0 to 255.
            values = dict.fromkeys(values, math.nan)
        return {f"metric/{name}": float(value) for name, value in values.items()}

    def state_dict(self) -> dict[str, Any]:
        return {"measured": self.measured, "values": self.values}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.goes_on = True
        self.measured = int(state_dict["measured"])
        self.values = {str(name): float(value) for name, value in state_dict["values"].items()}
