"""A classifier as discriminator: examples of none of its classes are generated ones."""

from torch import Tensor, nn

from forger.checks import check_positive
from forger.networks.heads import split_last


class ClassLogits(nn.Module):
    """A classifier of K classes as discriminator (Salimans et al. 2016, section 5).

    It is a classifier of K + 1 classes, the last of which is "generated" and has the logit 0:
    D(x) = Z(x) / (Z(x) + 1) with Z(x) = sum_k exp(l_k(x)), so the logit of D is log Z(x).

    Examples (m, *shape) to a dictionary: "logits" (m,), "features" (m, d) and "classes" (m, K), the
    l_k. body: a discriminator whose `layers` end with the linear layer that gives its logit; one of
    K logits takes its place. labels: K.
    Raises ForgerError for less than one class.
    """

    def __init__(self, body: nn.Module, labels: int) -> None:
        super().__init__()
        check_positive(labels=labels)
        self.features, last = split_last(body)
        self.last = nn.Linear(last.in_features, labels)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.features(x)  # (m, d)
        logits = self.last(features)  # (m, K)
        return {"logits": logits.logsumexp(1), "features": features, "classes": logits}
