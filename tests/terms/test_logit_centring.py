import torch

from forger.terms.logit_centring import LogitCentring
from tiny import make_update


def test_logit_centring_is_the_squared_mean() -> None:
    seen = make_update(
        real_outputs={"logits": torch.tensor([1.0, 3.0])},
        fake_outputs={"logits": torch.tensor([-1.0, 1.0])},
    )
    assert LogitCentring(2.0).discriminator(seen) == 2
