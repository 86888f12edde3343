import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger

from forger import latents
from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.grid import SampleGrid
from forger.figures.image_grid import save_grid
from tiny import events, make_gan, train


def test_the_grid_is_drawn_at_the_start_regularly_and_at_the_end(tmp_path: Path) -> None:
    gan, grid = make_gan(), SampleGrid(rows=2, columns=3, every_n_updates=4, seed=5)
    logger = TensorBoardLogger(tmp_path, name="", version="")
    train(tmp_path, gan, max_steps=10, callbacks=[grid], logger=logger)
    drawn = events(tmp_path).Images("samples")
    assert [image.step for image in drawn] == [0, 4, 8, 10]
    file = np.asarray(Image.open(tmp_path / "samples.png"))
    # Images of 4 x 4, each pixel 8 x 8.
    assert file.shape[:2] == (2 * 34 + 2, 3 * 34 + 2)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(drawn[-1].encoded_image_string))), file)

    save_grid(gan.sample(6, seed=5), 3, tmp_path / "expected.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "expected.png")), file)
    assert len({image.encoded_image_string for image in drawn}) == 4


def test_the_last_grid_is_drawn_once(tmp_path: Path) -> None:
    grid = SampleGrid(rows=1, columns=1, every_n_updates=2, seed=0)
    logger = TensorBoardLogger(tmp_path, name="", version="")
    train(tmp_path, make_gan(), max_steps=4, callbacks=[grid], logger=logger)
    assert [image.step for image in events(tmp_path).Images("samples")] == [0, 2, 4]


def test_a_longer_run_has_hardly_more_pictures() -> None:
    grid = SampleGrid(rows=1, columns=1, every_n_updates=10, seed=0)
    counts = [sum(map(grid.is_due, range(0, end + 1))) for end in (630, 1270, 2550, 1_000_000)]
    assert counts == [64, 96, 128, 401]


def test_the_noise_travels_in_the_checkpoint(tmp_path: Path) -> None:
    first = [SampleGrid(2, 3, every_n_updates=100, seed=5), Checkpoint(100, None, keep_all=False)]
    train(tmp_path, make_gan(), max_steps=3, callbacks=first)
    last = tmp_path / "checkpoints" / "last.ckpt"
    states = torch.load(last, weights_only=True)["callbacks"]
    expected = latents.sample_prior_by_index("normal", 6, 3, seed=5)
    assert any(torch.equal(state.get("z", torch.zeros(0)), expected) for state in states.values())

    resumed = SampleGrid(2, 3, every_n_updates=100, seed=99)
    logger = TensorBoardLogger(tmp_path / "resumed", name="", version="")
    train(tmp_path, make_gan(), max_steps=5, callbacks=[resumed], ckpt=last, logger=logger)
    assert resumed.z is not None
    assert torch.equal(resumed.z, expected)
    assert [image.step for image in events(tmp_path / "resumed").Images("samples")] == [5]


def test_drawing_leaves_training_as_it_was(tmp_path: Path) -> None:
    watched, alone = make_gan(), make_gan()
    train(tmp_path, watched, 6, [SampleGrid(1, 2, every_n_updates=1, seed=0)])
    train(tmp_path, alone, 6)
    for one, other in zip(watched.state_dict().values(), alone.state_dict().values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", ["rows", "columns", "every_n_updates"])
def test_a_size_below_one_is_named(name: str) -> None:
    sizes = {"rows": 1, "columns": 1, "every_n_updates": 1} | {name: 0}
    with pytest.raises(ValueError, match=rf"{name} \(=0\)"):
        SampleGrid(**sizes, seed=0)
