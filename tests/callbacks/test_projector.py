from pathlib import Path

import pytest
import torch
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger

from forger import latents
from forger.callbacks.projector import Projector
from forger.errors import ForgerError
from forger.networks import mlp
from tiny import Images, make_gan, train


def test_the_projector_finds_latent_vectors_and_their_samples(tmp_path: Path) -> None:
    gan = make_gan()
    logger = TensorBoardLogger(tmp_path, name="", version="")
    train(tmp_path, gan, 2, [Projector(n=9, seed=5)], logger=logger)
    assert "latent" in (tmp_path / "projector_config.pbtxt").read_text()
    (points,) = tmp_path.glob("**/tensors.tsv")
    rows = [list(map(float, line.split("\t"))) for line in points.read_text().splitlines()]
    torch.testing.assert_close(
        torch.tensor(rows), latents.sample_prior_by_index("normal", 9, 3, seed=5)
    )
    assert Image.open(points.parent / "sprite.png").size == (3 * 4, 3 * 4)


def test_points_have_no_pictures_to_show() -> None:
    gan = make_gan(generator=mlp.Generator(3, [1, 4, 4], [8], False, "identity", None))
    with pytest.raises(ForgerError, match=r"give ~callbacks\.projector"):
        Projector(n=9, seed=5).check(gan, Images())
