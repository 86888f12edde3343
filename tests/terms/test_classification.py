import torch

from forger.terms.classification import Classification
from tiny import make_update


def test_classification_is_the_cross_entropy_of_both_kinds() -> None:
    label = torch.tensor([0, 1, 1, 0])
    certain = 50 * torch.eye(2)[label]
    seen = make_update(
        label=label, real_outputs={"classes": certain}, fake_outputs={"classes": torch.zeros(4, 2)}
    )
    term = Classification(weight=3.0, head="classes")
    torch.testing.assert_close(term.discriminator(seen), 3 * torch.tensor(2.0).log())
    torch.testing.assert_close(term.generator(seen), 3 * torch.tensor(2.0).log())
