from functools import partial
from pathlib import Path

import torch
from pytorch_lightning import Callback, Trainer

from forger.gan import GAN
from forger.models.latent_regressor import LatentRegressor
from forger.networks import mlp
from tiny import LATENT, SHAPE, make_gan, same, train


def test_the_encoder_learns_and_the_others_train_as_without_it(tmp_path: Path) -> None:
    plain = make_gan()
    gan = make_gan(
        LatentRegressor,
        encoder=mlp.Encoder(SHAPE, LATENT, [32], False, None),
        optimizer={**plain.optimizer, "encoder": partial(torch.optim.Adam, lr=1e-2)},
        schedule={**plain.schedule, "encoder": None},
    )
    errors = []

    class Note(Callback):
        def on_train_batch_end(self, trainer: Trainer, gan: GAN, *rest: object) -> None:
            errors.append(gan.last["loss/encoder"].item())

    train(tmp_path / "plain", plain, max_steps=200)
    train(tmp_path, gan, 200, [Note()])
    assert sum(errors[-20:]) < 0.8 * sum(errors[:20])
    for name, network in plain.networks.items():
        # Running statistics are not compared: they see the encoder's examples too.
        assert same(dict(network.named_parameters()), dict(gan.networks[name].named_parameters()))
