from pathlib import Path

import pytest
import torch

from forger.callbacks.freeze_discriminator import FreezeDiscriminator
from forger.errors import ForgerError
from forger.networks import mlp
from forger.networks.spectral_norm import spectral_norm
from tiny import SHAPE, Images, make_gan, snapshot, train


@pytest.mark.parametrize("normalised", [False, True])
def test_the_first_layers_keep_their_weights_to_the_bit_and_all_others_learn(
    tmp_path: Path, normalised: bool
) -> None:
    network = mlp.Discriminator(SHAPE, [6, 5], None)
    gan = make_gan(discriminator=spectral_norm(network) if normalised else network)
    before = snapshot(gan)
    train(tmp_path, gan, 2, [FreezeDiscriminator(2)])
    moved = {name for name, p in snapshot(gan).items() if not torch.equal(p, before[name])}
    first = {
        n for n in before if n.startswith(("discriminator.layers.1.", "discriminator.layers.3."))
    }
    assert len(first) == 4
    assert not moved & first
    assert moved >= {name for name in before if name.startswith("discriminator.layers.5.")}
    assert any(name.startswith("generator.") for name in moved)


def test_one_layer_has_to_learn() -> None:
    gan = make_gan(discriminator=mlp.Discriminator(SHAPE, [6, 5], None))
    with pytest.raises(ForgerError, match=r"layers \(=3\) must be below 3"):
        FreezeDiscriminator(3).check(gan, Images())
