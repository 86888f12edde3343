from functools import partial

import pytest
import torch

from forger.errors import ForgerError
from forger.networks import dcgan, mlp
from forger.networks.packed import Discriminator
from forger.penalties import R1, GradientPenalty, gradient_square


def test_a_pack_is_judged_by_all_its_examples_and_no_other() -> None:
    network = Discriminator(partial(mlp.Discriminator, widths=[8], init_std=None), [2], pack=3)
    x = torch.randn(6, 2)
    logits = network(x)
    assert logits.shape == (2,)
    torch.testing.assert_close(
        logits, network.body(torch.stack([x[:3].flatten(), x[3:].flatten()]))
    )
    for i in range(6):
        changed = x.clone()
        changed[i] += 1
        assert ((network(changed) != logits) == torch.tensor([i < 3, i >= 3])).all()


def test_images_are_joined_by_channels() -> None:
    body = partial(dcgan.Discriminator, width=2, batch_norm=True, init_std=0.02)
    network = Discriminator(body, [3, 28, 28], pack=2)
    assert network(torch.randn(8, 3, 28, 28)).shape == (4,)


def test_an_incomplete_pack_is_refused_with_both_numbers() -> None:
    network = Discriminator(partial(mlp.Discriminator, widths=[8], init_std=None), [2], pack=3)
    with pytest.raises(ForgerError, match=r"^4 examples at once .* discriminator.pack \(=3\)"):
        network(torch.randn(4, 2))


def test_penalties_are_of_the_gradient_at_a_pack() -> None:
    body = partial(mlp.Discriminator, widths=[], init_std=None)
    network = Discriminator(body, [2], pack=3)
    weight = network.body.layers[1].weight  # pyright: ignore
    weight.data /= weight.data.norm()
    real, fake = torch.randn(2, 6, 2)
    torch.testing.assert_close(gradient_square(network, real), torch.ones(2))
    assert R1(2.0, every=1)(network, real, fake).item() == pytest.approx(1)
    assert GradientPenalty(10.0)(network, real, fake).item() == pytest.approx(0, abs=1e-6)
