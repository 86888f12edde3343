import pytest
import torch

from forger.terms.approximate_gradient import ApproximateR1, ApproximateR2
from tiny import make_update


@pytest.mark.parametrize(("kind", "at"), [(ApproximateR1, "real"), (ApproximateR2, "fake")])
def test_the_approximate_penalty_is_the_exact_one_for_a_linear_discriminator(
    kind: type[ApproximateR1], at: str
) -> None:
    slope, x = torch.randn(6), torch.randn(50_000, 6)
    gan = {"augment": {}, "logits": lambda x, label: x @ slope}
    seen = make_update(gan=gan, **{at: x, f"{at}_outputs": {"logits": x @ slope}})
    value = kind(gamma=2.0, std=0.1).discriminator(seen)
    torch.testing.assert_close(value, slope.square().sum(), rtol=0.03, atol=0)
