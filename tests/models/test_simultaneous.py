from functools import partial
from pathlib import Path

import pytest
import torch

from forger.errors import ForgerError
from forger.gan import GAN
from forger.models.simultaneous import Simultaneous
from forger.seeds import derive_seed
from tiny import LATENT, Images, make_gan, networks, train

SGD = partial(torch.optim.SGD, lr=0.1)


def make(k: int = 1) -> GAN:
    return make_gan(
        Simultaneous,
        **networks(batch_norm=False, dropout=0.0),
        optimizer={"generator": SGD, "discriminator": SGD},
        k=k,
    )


def test_both_gradients_are_taken_at_the_same_point_from_the_same_noise(tmp_path: Path) -> None:
    gan, by_hand = make(), networks(batch_norm=False, dropout=0.0)
    train(tmp_path, gan, max_steps=1, data=Images(k=1))
    data = Images(k=1)
    data.setup()
    images, _ = next(iter(data.train_dataloader()))
    torch.manual_seed(derive_seed(0, 0, 0))
    real = images / 255 * 2 - 1
    fake = by_hand["generator"](torch.randn(len(real), LATENT))
    d_real, d_fake = by_hand["discriminator"](real), by_hand["discriminator"](fake)
    d_loss = -(d_real.sigmoid().log() + (1 - d_fake.sigmoid()).log()).mean()
    losses = {"discriminator": d_loss, "generator": -d_fake.sigmoid().log().mean()}
    gradients = {
        name: torch.autograd.grad(loss, list(by_hand[name].parameters()), retain_graph=True)
        for name, loss in losses.items()
    }
    for name, found in gradients.items():
        pairs = zip(by_hand[name].parameters(), found, getattr(gan, name).parameters(), strict=True)
        for start, gradient, end in pairs:
            torch.testing.assert_close(end, start - 0.1 * gradient, rtol=1e-4, atol=1e-6)


def test_several_discriminator_updates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=r"k \(=2\) must be 1"):
        train(tmp_path, make(k=2), max_steps=1, data=Images(k=2))
