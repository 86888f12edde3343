import pytest
import torch

from forger.errors import ForgerError
from forger.terms.transport import Transport
from tiny import make_update


def test_transport_is_the_squared_distance_and_fades() -> None:
    z = torch.randn(4, 2)
    far = Transport(weight=2.0, updates=10)
    assert far.generator(make_update(z=z, fake=z + 3)) == pytest.approx(18, rel=1e-5)
    assert far.generator(make_update(z=z, fake=z + 3, step=5)) == pytest.approx(9, rel=1e-5)
    assert far.generator(make_update(z=z, fake=z + 3, step=20)) == 0
    with pytest.raises(ForgerError, match=r"give model\.latent_dim=3"):
        far.generator(make_update(z=z, fake=torch.zeros(4, 3)))
