import torch

from forger.networks.heads import Heads
from tiny import networks


def test_heads_read_the_features_that_the_logit_is_read_from() -> None:
    body = networks()["discriminator"].eval()
    x = torch.rand(4, 1, 4, 4)
    expected = body(x)
    outputs = Heads(body, {"codes": 5})(x)
    assert torch.equal(outputs["logits"], expected)
    assert outputs["codes"].shape == (4, 5)
    assert outputs["features"].shape[0] == 4
