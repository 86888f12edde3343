"""InfoGAN: latent codes that a head of the discriminator predicts from an example."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from forger.checks import check_not_negative
from forger.terms.protocol import Update


class MutualInformation:
    """A lower bound of the mutual information of codes and examples (Chen et al. 2016, eq. 5).

    Both networks raise it: D reads the codes c of G(z) from its features, by heads, and G makes
    examples that they can be read from. Categorical codes are read by their log likelihood,
    continuous ones by that of a normal distribution with variance 1, so by the squared error.
    categorical: numbers of values of the categorical codes, as in the prior `Codes`. continuous:
    how many continuous codes. head: the name of the discriminator's head, (m, size of all codes).
    weight_categorical, weight_continuous: lambda in eq. 6. categorical_from_fake: whether D learns
        to read categorical codes from generated examples; False where it learns that from real
        ones, by `InformationMaximization`, and G alone raises that part of the bound.
    Raises ForgerError for a negative weight.
    """

    def __init__(
        self,
        categorical: Sequence[int],
        continuous: int,
        head: str,
        weight_categorical: float,
        weight_continuous: float,
        categorical_from_fake: bool,
    ) -> None:
        check_not_negative(
            weight_categorical=weight_categorical, weight_continuous=weight_continuous
        )
        self.sizes = (*categorical, continuous)
        self.head = head
        self.weight_categorical = weight_categorical
        self.weight_continuous = weight_continuous
        self.categorical_from_fake = categorical_from_fake

    def discriminator(self, update: Update) -> Tensor:
        """- lambda times the bound, or what of it D is to learn, a scalar."""
        return self.bound(update, self.weight_categorical if self.categorical_from_fake else 0.0)

    def generator(self, update: Update) -> Tensor:
        """- lambda times the bound, a scalar."""
        return self.bound(update, self.weight_categorical)

    def bound(self, update: Update, weight_categorical: float) -> Tensor:
        """The negative bound, each code by its weight, a scalar."""
        codes = update.z[:, : sum(self.sizes)].split(self.sizes, dim=1)  # (m, sizes) -> (m, n) each
        read = update.fake_outputs[self.head].split(self.sizes, dim=1)  # what D reads of them
        *categorical, continuous = zip(read, codes, strict=True)  # pairs of (m, n)
        loss = update.z.new_zeros(())
        # cross_entropy takes the one-hot codes as probabilities.
        for logits, one_hot in categorical:
            loss = loss + weight_categorical * cross_entropy(logits, one_hot)
        if self.sizes[-1]:
            loss = loss + self.weight_continuous * mse_loss(*continuous)
        return loss
