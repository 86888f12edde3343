"""Real examples that fall into groups, of which an augmentation leads to no other."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from forger.checks import check_positive
from forger.terms.protocol import Update


class InformationMaximization:
    """What a categorical code of real examples should be, without labels (Hu et al. 2017, IMSAT).

    D reads from an example x the probabilities p(x) of a code's values. It lowers the cross entropy
    of p(x) and p(T(x)) for an augmentation T, so that both are sure and the same, and raises the
    entropy of E[p(x)], so that all values are as frequent. CatGAN's discriminator has the same
    objective without T (Springenberg 2016, eq. 7). Beside `MutualInformation`, G(z) is then of the
    group that its code names.
    head: the name of the discriminator's head, whose first `values` logits are the code's.
    weight: of the cross entropy. weight_entropy: of the entropy, in nats. augment: T, by name, one
    after another.
    """

    def __init__(
        self,
        head: str,
        values: int,
        weight: float,
        weight_entropy: float,
        augment: Mapping[str, Callable[[Tensor], Tensor]],
    ) -> None:
        check_positive(values=values)
        self.head = head
        self.values = values
        self.weight = weight
        self.weight_entropy = weight_entropy
        self.augment = augment

    def discriminator(self, update: Update) -> Tensor:
        """weight times the cross entropy minus weight_entropy times the entropy, a scalar."""
        x = update.real
        for augment in self.augment.values():
            x = augment(x)
        both = (update.real_outputs, update.gan.outputs(x, update.label))
        read, moved = (o[self.head][:, : self.values].log_softmax(1) for o in both)  # (m, values)
        cross_entropy = -(read.exp() * moved).sum(1).mean()
        mean = torch.cat([read, moved]).exp().mean(0)  # (values,)
        entropy = torch.special.entr(mean).sum()
        return self.weight * cross_entropy - self.weight_entropy * entropy
