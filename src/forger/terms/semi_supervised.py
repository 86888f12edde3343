"""Semi-supervised learning: a discriminator that classifies, by the labels of few examples."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from forger.checks import check_not_negative, check_positive
from forger.data.minibatches import Split
from forger.errors import ForgerError
from forger.pixels import to_float
from forger.terms.protocol import Update

if TYPE_CHECKING:
    from forger.data.memory import InMemory
    from forger.gan import GAN


class SemiSupervised:
    """The log likelihood of the right class of labelled examples.

    It is L_supervised of Salimans et al. 2016, section 5, of which the game is the other part.

    In each update D sees, beside the minibatches of the game, one of labelled examples, drawn from
    few training examples whose labels it may use; no other label is used.
    weight: of the cross entropy. head: the name of the discriminator's head, logits (m, classes).
    labels_per_class: how many training examples of each class are labelled. seed: decides which.
    Raises ForgerError for less than one example, and once the data are there for a class of fewer.
    """

    labelled: Split | None = None

    def __init__(self, weight: float, head: str, labels_per_class: int, seed: int) -> None:
        check_not_negative(weight=weight)
        check_positive(labels_per_class=labels_per_class)
        self.weight = weight
        self.head = head
        self.labels_per_class = labels_per_class
        self.seed = seed

    def set_data(self, gan: "GAN", data: "InMemory") -> None:
        """Choose the labelled examples, the same in each start of a run."""
        examples, labels = data.splits["train"]
        generator = torch.Generator().manual_seed(self.seed)
        order = torch.randperm(len(labels), generator=generator)
        chosen = [order[labels[order] == c][: self.labels_per_class] for c in labels.unique()]
        least = min(map(len, chosen))
        if least < self.labels_per_class:
            raise ForgerError(
                f"term.semi_supervised.labels_per_class (={self.labels_per_class}) must be at most"
                f" {least}, the number of training examples of the smallest class"
            )
        index = torch.cat(chosen)  # (classes labels_per_class,)
        self.labelled = Split(examples[index].to(gan.device), labels[index].to(gan.device))

    def discriminator(self, update: Update) -> Tensor:
        """weight times the cross entropy on a minibatch of labelled examples, a scalar."""
        x, label = update.real, update.label
        # None: there are no data yet, in the dry run of a configuration.
        if self.labelled is not None:
            examples, labels = self.labelled
            index = torch.randint(len(labels), (len(x),), device=labels.device)
            x, label = to_float(examples[index], update.gan.value_range), labels[index]
        logits = update.gan.outputs(x, label)[self.head]  # (m, classes)
        return self.weight * cross_entropy(logits, label)
