"""What is measured, and the rows of examples that it is compared with."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from omegaconf import DictConfig
from torch import Tensor

from forger.data.memory import InMemory
from forger.errors import ForgerError
from forger.gan import GAN
from forger.metrics.evaluator import Evaluator
from forger.metrics.samples import Samples


class Subject(NamedTuple):
    """What is measured.

    draws: sets of samples, each of the same number, (n, *shape). gan: the GAN that generated them;
    None: nobody knows. labels: the classes that the samples of a draw were asked for, int64 (n,);
    None: not conditional. data: what they are compared with. metrics: by name. facts: where the
    examples come from, for metrics.json. out: the folder of the results.
    """

    draws: list[Tensor]
    gan: GAN | None
    labels: Tensor | None
    data: InMemory
    metrics: DictConfig
    facts: dict[str, Any]
    out: Path

    @property
    def points(self) -> bool:
        return self.draws[0].is_floating_point()


def check_splits(subject: Subject, compared_with: str) -> None:
    """Raises ForgerError if a split that is needed is empty."""
    for name in {"validation", compared_with}:
        if len(subject.data.splits[name].examples) == 0:
            raise ForgerError(
                f"{subject.out} was trained on data without {name} examples, which samples are"
                " measured against: give another run"
            )


def compared(subject: Subject, classifier: Evaluator | None, seed: int) -> dict[str, Samples]:
    """The rows that are measured, by name: each draw, as many real training examples, and noise."""
    draws, n = subject.draws, len(subject.draws[0])
    train, train_labels = subject.data.splits["train"]
    generator = torch.Generator().manual_seed(seed)
    # As many training examples as samples: metrics depend on the number.
    some = torch.randperm(len(train), generator=generator)[:n]
    if subject.points:
        low, high = train.amin(0), train.amax(0)  # (*shape,) each
        # Uniform in the box around the data, (n, *shape).
        noise = low + (high - low) * torch.rand(draws[0].shape, generator=generator)
    else:
        noise = torch.randint(256, draws[0].shape, generator=generator, dtype=torch.uint8)
    rows = {
        f"samples, {i} of {len(draws)}": Samples(
            examples, classifier, subject.labels, gan=subject.gan
        )
        for i, examples in enumerate(draws, 1)
    }
    rows["real points" if subject.points else "real images"] = Samples(
        train[some], classifier, train_labels[some]
    )
    rows["noise"] = Samples(noise, classifier, subject.labels)
    return rows
