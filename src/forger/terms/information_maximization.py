"""Real examples that fall into groups, of which an augmentation leads to no other."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import kl_div

from forger.checks import check_not_negative, check_positive
from forger.terms.protocol import Update


class InformationMaximization:
    """What a categorical code of real examples should be, without labels (Hu et al. 2017, IMSAT).

    D reads from an example x the probabilities p(x) of a code's values. It lowers the divergence
    KL(p(x) | p(T(x))) for an augmentation T, so that both are the same; lambda H(p(x)), so that
    they are sure; and -lambda mu H(E[p(x)]), so that all values are as frequent: their eq. 5 and 9.
    Beside `MutualInformation`, G(z) is then of the group that its code names.
    head: the name of the discriminator's head, whose first `values` logits are the code's.
    weight: of all of it. weight_information: lambda. weight_frequency: mu. augment: T, by name, one
    after another.
    Raises ForgerError for a negative weight, and for fewer than one value.
    """

    needs_examples = True

    def __init__(
        self,
        head: str,
        values: int,
        weight: float,
        weight_information: float,
        weight_frequency: float,
        augment: Mapping[str, Callable[[Tensor], Tensor]],
    ) -> None:
        check_positive(values=values)
        check_not_negative(
            weight=weight, weight_information=weight_information, weight_frequency=weight_frequency
        )
        self.head = head
        self.values = values
        self.weight = weight
        self.weight_information = weight_information
        self.weight_frequency = weight_frequency
        self.augment = augment

    def discriminator(self, update: Update) -> Tensor:
        """weight times the sum of the three, a scalar."""
        x = update.real
        for augment in self.augment.values():
            x = augment(x)
        both = (update.real_outputs, update.gan.outputs(x, update.label))
        read, moved = (o[self.head][:, : self.values].log_softmax(1) for o in both)  # (m, values)
        # KL(p(x) | p(T(x))) over (m, values): p(x) is a fixed target.
        divergence = kl_div(moved, read.detach(), reduction="batchmean", log_target=True)
        mean = torch.cat([read, moved]).exp().mean(0)  # (values,)
        information = self.weight_frequency * entropy(mean) - entropy(read.exp()).mean()
        return self.weight * (divergence - self.weight_information * information)


def entropy(probabilities: Tensor) -> Tensor:
    """Entropy in nats of probabilities (..., values): (...)."""
    return torch.special.entr(probabilities).sum(-1)
