"""InfoGAN: latent codes that a head of the discriminator predicts from an example."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from forger.terms.protocol import Update


class MutualInformation:
    """A lower bound of the mutual information of codes and examples (Chen et al. 2016, eq. 5).

    Both networks raise it: D reads the codes c of G(z) from its features, by heads, and G makes
    examples that they can be read from. Categorical codes are read by their log likelihood,
    continuous ones by that of a normal distribution with variance 1, so by the squared error.
    categorical: numbers of values of the categorical codes, as in the prior `Codes`. continuous:
    how many continuous codes. head: the name of the discriminator's head, (m, size of all codes).
    weight_categorical, weight_continuous: lambda in eq. 6.
    """

    def __init__(
        self,
        categorical: Sequence[int],
        continuous: int,
        head: str,
        weight_categorical: float,
        weight_continuous: float,
    ) -> None:
        self.sizes = (*categorical, continuous)
        self.head = head
        self.weight_categorical = weight_categorical
        self.weight_continuous = weight_continuous

    def discriminator(self, update: Update) -> Tensor:
        """- lambda times the bound, a scalar."""
        codes = update.z[:, : sum(self.sizes)].split(self.sizes, dim=1)  # (m, sizes) -> (m, n) each
        read = update.fake_outputs[self.head].split(self.sizes, dim=1)  # what D reads of them
        *categorical, continuous = zip(read, codes, strict=True)  # pairs of (m, n)
        loss = update.z.new_zeros(())
        # cross_entropy takes the one-hot codes as probabilities.
        for logits, one_hot in categorical:
            loss = loss + self.weight_categorical * cross_entropy(logits, one_hot)
        if self.sizes[-1]:
            loss = loss + self.weight_continuous * mse_loss(*continuous)
        return loss

    def generator(self, update: Update) -> Tensor:
        """The same, a scalar."""
        return self.discriminator(update)
