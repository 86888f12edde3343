"""A checkpoint to look into."""

from pathlib import Path

import pytest
import torch

from forger.config.build import build
from forger.gan import GAN
from tiny import composed


@pytest.fixture
def gan() -> GAN:
    """A GAN whose averaged generator makes images of contrast, and whose generator makes none."""
    small = ["generator.widths=[12,12]", "discriminator.widths=[2]", "model.latent_dim=4"]
    gan = build(composed("generator=mlp", "discriminator=mlp", *small))
    assert gan.ema is not None
    for weights in gan.ema.parameters():
        torch.nn.init.normal_(weights, std=0.7)
    for weights in gan.generator.parameters():
        torch.nn.init.zeros_(weights)
    return gan.eval()


@pytest.fixture
def ckpt(gan: GAN, tmp_path: Path) -> Path:
    """The GAN as a run would have saved it."""
    contents = {"state_dict": gan.state_dict(), "config": gan.config, "global_step": 7}
    torch.save(contents, tmp_path / "tiny.ckpt")
    return tmp_path / "tiny.ckpt"


@pytest.fixture
def coded(tmp_path: Path) -> Path:
    """A checkpoint with a categorical code of three values and a continuous code."""
    prior = "{_target_: forger.latents.Codes, categorical: [3], continuous: 1, noise: normal}"
    small = ["generator.widths=[12,12]", "discriminator.widths=[2]", "model.latent_dim=6"]
    gan = build(composed("generator=mlp", "discriminator=mlp", *small, f"model.prior={prior}"))
    for weights in [*gan.generator.parameters(), *gan.sampling_generator.parameters()]:
        torch.nn.init.normal_(weights, std=0.7)
    torch.save({"state_dict": gan.state_dict(), "config": gan.config}, tmp_path / "coded.ckpt")
    return tmp_path / "coded.ckpt"


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """A checkpoint of a generator that makes points."""
    gan = build(composed("experiment=gaussian_1d"))
    torch.save({"state_dict": gan.state_dict(), "config": gan.config}, tmp_path / "points.ckpt")
    return tmp_path / "points.ckpt"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A checkpoint of a conditional GAN of rows of two columns, and of their kind."""
    small = ["data.label=kind", "data.class_names=[cat,owl]", "data.classes=2", "data.shape=[2]"]
    body = ["generator@generator.body=mlp", "generator.body.output=identity"]
    other = ["discriminator=conditional", "discriminator@discriminator.body=mlp"]
    widths = ["generator.body.widths=[8]", "discriminator.body.widths=[2]", "model.latent_dim=4"]
    chosen = ["data=table", "data.file=x.csv", "generator=conditional", *body, *other]
    gan = build(composed(*chosen, *small, *widths))
    names = ["age", "$\\alpha"]
    gan.config["units"] = {"names": names, "mean": [1e9, 7.0], "deviation": [2.0, 0.0]}
    torch.save({"state_dict": gan.state_dict(), "config": gan.config}, tmp_path / "table.ckpt")
    return tmp_path / "table.ckpt"
