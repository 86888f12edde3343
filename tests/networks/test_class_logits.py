import torch

from forger.networks.class_logits import ClassLogits
from tiny import networks


def test_the_logit_is_that_of_any_class_against_one_more() -> None:
    network = ClassLogits(networks()["discriminator"].eval(), labels=3)
    outputs = network(torch.rand(4, 1, 4, 4))
    with_generated = torch.cat([outputs["classes"], torch.zeros(4, 1)], 1).softmax(1)  # (m, K + 1)
    torch.testing.assert_close(outputs["logits"].sigmoid(), 1 - with_generated[:, 3])
    torch.testing.assert_close(network.last(outputs["features"]), outputs["classes"])
