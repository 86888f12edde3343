import torch

from forger.terms.consistency import Consistency
from tiny import make_update


def test_consistency_is_the_squared_change_of_logits_by_the_augmentation() -> None:
    seen = make_update(
        gan={"logits": lambda x, label: x.sum(1)},
        real=torch.ones(4, 1),
        fake=-torch.ones(4, 1),
        real_outputs={"logits": torch.ones(4)},
        fake_outputs={"logits": -torch.ones(4)},
    )
    # 1 becomes 3, and -1 becomes -3: both logits change by 2.
    assert Consistency(1.0, 10.0, {"triple": lambda x: 3 * x}).discriminator(seen) == 4 + 40
