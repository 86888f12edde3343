"""ReACGAN: examples of a class lie near its direction on a sphere, and far from other classes."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from forger.checks import check_fraction, check_not_negative, check_positive
from forger.terms.protocol import Update


class Contrastive(nn.Module):
    """Data-to-data cross entropy, D2D-CE (Kang et al. 2021, eq. 6).

    It is the cross entropy of classification on unit vectors, where an example is told from those
    of other classes in its minibatch instead of from other classes. Pairs that are right already
    count for nothing. Both networks lower it: D on real examples, G on generated ones.

    weight: weight of the loss. head: the name of the discriminator's head, (m, size). classes:
    number of classes, each with a learned direction (size,). temperature: tau. positive:
    cosine from which an example is near enough to its class, m_p. negative: cosine below which two
    examples of different classes are far enough from each other, m_n.
    Raises ForgerError for a negative weight, for a size or number of classes below 1, and for a
    temperature or cosine that is not between 0 and 1.
    """

    trained_by = "discriminator"

    def __init__(
        self,
        weight: float,
        head: str,
        classes: int,
        size: int,
        temperature: float,
        positive: float,
        negative: float,
    ) -> None:
        super().__init__()
        check_not_negative(weight=weight)
        check_positive(classes=classes, size=size)
        check_fraction(temperature=temperature, positive=positive, negative=negative)
        self.weight = weight
        self.head = head
        self.directions = nn.Embedding(classes, size)
        self.temperature = temperature
        self.positive, self.negative = positive, negative

    def discriminator(self, update: Update) -> Tensor:
        """weight times the loss on real examples, a scalar."""
        return self.weight * self.loss(update.real_outputs[self.head], update.label)

    def generator(self, update: Update) -> Tensor:
        """weight times the loss on generated examples, a scalar."""
        return self.weight * self.loss(update.fake_outputs[self.head], update.label)

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """The loss of outputs (m, size) of the classes in `label` (m,), a scalar."""
        points = normalize(output)  # (m, size), of length 1
        own = (points * normalize(self.directions(label))).sum(1)  # (m,), cosines
        near = (own - self.positive).clamp(max=0) / self.temperature  # (m,)
        between = (points @ points.T - self.negative).clamp(min=0) / self.temperature  # (m, m)
        same = label[:, None] == label  # (m, m), the diagonal too
        others = between.masked_fill(same, -torch.inf)
        # -log(e^near / (e^near + sum of e^others)), eq. 6: the sum is over (m, 1 + m) -> (m,).
        return (torch.cat([near[:, None], others], dim=1).logsumexp(1) - near).mean()
