"""Metrics during training."""

import copy
import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from pytorch_lightning import Callback, Trainer

from forger.callbacks.checkpoint import is_last
from forger.checks import check_positive
from forger.data.memory import InMemory
from forger.errors import ForgerError, reason, try_call
from forger.gan import GAN
from forger.latent_space.sampling import labels_by_frequency
from forger.metrics import evaluator
from forger.metrics.frechet import Frechet, too_few
from forger.metrics.inception import Inception
from forger.metrics.samples import Metric, Samples, need_evaluator, numbers
from forger.runs.loggers import log_values, uninterrupted

# Number of samples, and of real examples, in the dry run.
FEW = 32


class Measure(Callback):
    """Metrics of samples against validation data go to loggers and callbacks, as metric/... curves.

    metrics: metrics to measure, by name. every_n_updates: number of generator updates between two
    measurements; the end is measured too. n: number of samples, and largest number of validation
    data. seed: seed of the samples, the same each time, so that curves move with the generator
    alone. All values are NaN once the generator is not finite.
    Training continues as if nothing had been measured: no random state, weight or buffer changes.
    Raises ForgerError if there are no validation data, if the evaluator is not one of their size,
    or if a metric fails on a few samples before training.
    """

    def __init__(
        self, metrics: Mapping[str, Metric], every_n_updates: int, n: int, seed: int
    ) -> None:
        check_positive(every_n_updates=every_n_updates, n=n)
        self.metrics = metrics
        self.every_n_updates = every_n_updates
        self.n = n
        self.seed = seed
        # The update of the last measurement, and its values.
        self.measured = -1
        self.values: dict[str, float] = {}
        self.goes_on = False

    def prepare(self, gan: GAN, data: InMemory) -> set[str]:
        """Load what is measured with, try all metrics, and return the names of their values.

        Copies of the metrics are tried, so that those of the run start empty.
        """
        train, validation = (data.splits[name] for name in ("train", "validation"))
        if len(validation.examples) == 0:
            raise ForgerError(
                "callbacks.measure needs validation data: set data.validation_size or"
                " data.validation_share"
            )
        classifier = None
        if data.evaluator is not None and need_evaluator(self.metrics.values()):
            classifier = evaluator.load(evaluator.find(data.evaluator, data.root))
            # An evaluator of grey images sees each channel by itself.
            if classifier.shape not in (data.shape, (1, *data.shape[1:])):
                raise ForgerError(
                    f"data.evaluator (={data.evaluator}) sees images of"
                    f" {list(classifier.shape)}, and these data are of {list(data.shape)}: give"
                    " another"
                )
        self.evaluator = classifier
        self.train = Samples(train.examples, classifier, train.labels)
        examples, labels = (tensor[: self.n] for tensor in validation)
        self.validation = Samples(examples, classifier, labels)
        names: dict[str, str] = {}
        with torch.random.fork_rng(devices=[]):
            for key in self.metrics:
                for name in self.dry_run(key, gan):
                    if name in names:
                        raise ForgerError(
                            f"metrics.{names[name]} and metrics.{key} both return {name}: remove"
                            " one of them"
                        )
                    names[name] = key
        return {f"metric/{name}" for name in names}

    def dry_run(self, key: str, gan: GAN) -> list[str]:
        """Names of what a metric gives; raises ForgerError if it gives none.

        For a few samples, or for all if it does not take a few.
        """

        def first(samples: Samples, count: int) -> Samples:
            labels = None if samples.labels is None else samples.labels[:count]
            return Samples(samples.examples[:count], samples.evaluator, labels)

        for count in (FEW, max(self.n, FEW)):
            n = min(self.n, count)
            fake = self.fakes(gan, n)
            real, train = (first(samples, count) for samples in (self.validation, self.train))
            try:
                # A copy, since metrics keep what they computed of the real examples.
                values = copy.deepcopy(self.metrics[key])(fake, real, train=train, validation=real)
                return list(numbers(values))
            except Exception as error:
                if count >= self.n:
                    raise ForgerError(f"metrics.{key}: {reason(error)}") from error
        raise AssertionError

    def on_fit_start(self, trainer: Trainer, gan: GAN) -> None:
        data = cast(InMemory, trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]
        if not hasattr(self, "validation"):
            self.prepare(gan, data)
        if self.evaluator is not None:
            self.evaluator.to(gan.device)
        for metric in self.metrics.values():
            if gan.global_rank != 0 or not isinstance(metric, Frechet | Inception):
                continue
            features = metric.num_features or self.features
            if caution := too_few(self.n, len(self.validation), features):
                more = f"callbacks.measure.n={features + 1} or more, and " * (self.n <= features)
                more += f"at least {features + 1} validation examples, or +metrics=kernel"
                print(f"metrics  {caution}: give {more}")

    @property
    def features(self) -> int:
        """How many features an example has for the metrics."""
        channels = math.prod(self.validation.examples.shape[1:])
        if self.evaluator is None:
            return channels
        seen = self.validation.examples.shape[1] if self.evaluator.shape[0] == 1 else 1
        return seen * self.evaluator.num_features

    def on_train_start(self, trainer: Trainer, gan: GAN) -> None:
        """Catch up with what is missing at the update of the checkpoint.

        That is a measurement, or what other callbacks do with one.
        """
        if self.goes_on and self.measured == trainer.global_step:
            trainer.callback_metrics.update({k: torch.tensor(v) for k, v in self.values.items()})
        elif self.goes_on and self.is_due(trainer):
            self.write(trainer, gan)

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        if self.is_due(trainer):
            self.write(trainer, gan)

    def on_train_end(self, trainer: Trainer, gan: GAN) -> None:
        if self.measured != trainer.global_step:
            self.write(trainer, gan)

    def is_due(self, trainer: Trainer) -> bool:
        """Whether this update is measured; the last one too, before its checkpoint is written.

        A run killed after that would measure it again, and the curve would have two points.
        """
        return trainer.global_step % self.every_n_updates == 0 or is_last(trainer)

    def write(self, trainer: Trainer, gan: GAN) -> None:
        """Measure, and log what came of it."""
        values = self.measure(gan) if trainer.is_global_zero else {}
        # Only the first process measures; all of them stop or save by the same values.
        self.values = trainer.strategy.broadcast(values)
        # A signal between the loggers would leave a point in some of them.
        with uninterrupted():
            log_values(trainer, self.values)
            self.measured = trainer.global_step

    def measure(self, gan: GAN) -> dict[str, float]:
        fake = self.fakes(gan, self.n)
        splits = {"train": self.train, "validation": self.validation}
        values: dict[str, float] = {}
        for key, metric in self.metrics.items():
            returned = metric(fake, self.validation, **splits)
            values |= try_call(numbers, f"metrics.{key}", returned)
        weights = gan.sampling_generator.state_dict().values()
        if not all(weight.isfinite().all() for weight in weights):
            # Pixels do not show it, since they are clipped to 0 to 255.
            values = dict.fromkeys(values, math.nan)
        return {f"metric/{name}": value for name, value in values.items()}

    def fakes(self, gan: GAN, count: int) -> Samples:
        """The first samples of the seed, of classes as frequent as in the training data."""
        labels = labels_by_frequency(gan, self.train.known_labels, count)
        return Samples(gan.sample(count, self.seed, labels), self.evaluator, labels, gan=gan)

    def state_dict(self) -> dict[str, Any]:
        return {"measured": self.measured, "values": self.values}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.goes_on = True
        self.measured = int(state_dict["measured"])
        self.values = {str(name): float(value) for name, value in state_dict["values"].items()}
