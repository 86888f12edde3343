"""A model of one's own, with a third network: one file and one YAML outside of the package."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from forger.runs.curves import read_curves

Forger = Callable[..., str]

# An adversarial autoencoder (Makhzani et al. 2015): the discriminator tells codes of examples from
# the prior, and the generator is the decoder.
MODEL = """
    import torch
    from torch.nn.functional import mse_loss

    from forger.gan import GAN
    from forger.training.optimization import frozen


    class AdversarialAutoencoder(GAN):
        def __init__(self, encoder, weight, **parts):
            super().__init__(**parts)
            self.encoder = encoder
            self.weight = weight

        @property
        def networks(self):
            return {**super().networks, "encoder": self.encoder}

        def fake(self, z, label):
            # What the discriminator sees: latent vectors.
            return z

        def discriminator_loss(self, z, real, label):
            with torch.no_grad():
                code = self.encoder(real)
            of_prior, of_code = self.logits(z, label), self.logits(code, label)
            loss = self.loss.discriminator(of_prior, of_code)
            return loss, {"loss/discriminator": loss, "real": of_prior, "fake": of_code}

        def update_generator(self, real, label):
            with frozen(self.discriminator):
                code = self.encoder(real)
                reconstruction = mse_loss(self.generator(code), real)
                loss = self.loss.generator(None, self.logits(code, label))
                self.descend(reconstruction + self.weight * loss, "generator", "encoder")
            return {"loss/generator": loss, "loss/reconstruction": reconstruction}
"""
EXPERIMENT = """
    # @package _global_
    defaults: [{/encoder@model.encoder: mlp}]
    model:
      _target_: my_model.AdversarialAutoencoder
      weight: 0.05
    discriminator:
      shape: ["${model.latent_dim}"]
    optimizer:
      encoder: ${optimizer.generator}
    schedule:
      encoder: ${schedule.generator}
"""


@pytest.mark.slow
def test_an_adversarial_autoencoder_from_outside_learns_to_reconstruct(
    forger: Forger, tmp_path: Path
) -> None:
    (tmp_path / "my_model.py").write_text(dedent(MODEL))
    experiment = tmp_path / "my_conf" / "experiment" / "aae.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text(dedent(EXPERIMENT).lstrip())
    forger(
        "train",
        "hydra.searchpath=[file://my_conf]",
        "experiment=aae",
        "generator=mlp",
        "generator.widths=[64]",
        "discriminator=mlp",
        "discriminator.widths=[32]",
        "model.encoder.widths=[64]",
        "model.latent_dim=8",
        "callbacks=[checkpoint,curves]",
        "trainer.log_every_n_steps=20",
        "trainer.max_steps=200",
        "hydra.run.dir=run",
        "name=run",
    )
    errors = list(read_curves(tmp_path / "run")["loss/reconstruction"].values())
    assert errors[-1] < 0.6 * errors[0]
    assert "trust=[my_model]" in forger("sample", "ckpt=run", "n=2")
    forger("sample", "ckpt=run", "n=2", "trust=[my_model]")
