from pathlib import Path

import pytest
import torch
from pytorch_lightning.loggers import TensorBoardLogger

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.field import Field
from forger.data.toys import Mixture, ring
from forger.errors import ForgerError
from forger.figures.field import ARROWS, SIDE, Panel, places
from forger.gan import GAN
from forger.networks import mlp
from read_images import frames
from tiny import LATENT, Images, events, make_gan, same, train


def points() -> Mixture:
    return Mixture(centres=ring(8, 1.0), std=0.01, size=64, shape=[2], batch_size=8, seed=0)


def small_gan() -> GAN:
    torch.manual_seed(0)
    return make_gan(
        generator=mlp.Generator(LATENT, [2], [8], True, "identity", None),
        discriminator=mlp.Discriminator([2], [8], None),
    )


def field(every_n_updates: int = 2) -> Field:
    return Field(every_n_updates, n=20, seed=3)


def test_both_axes_have_names() -> None:
    axes = Panel(torch.zeros(2), torch.ones(2), torch.zeros(1, 2)).colours.axes
    assert axes is not None
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x₁", "x₂")


def test_a_moment_is_what_the_discriminator_says_over_the_plane(tmp_path: Path) -> None:
    gan, drawn = small_gan(), field()
    train(tmp_path, gan, 2, [drawn], points())
    assert [int(frame["update"]) for frame in drawn.frames] == [0, 2]
    last = drawn.frames[-1]
    gan.eval()
    with torch.no_grad():
        assert torch.equal(last["samples"], gan.generator(drawn.z))
        middle = gan.discriminator(torch.cat([last["samples"], drawn.data])).mean()
        low, high = drawn.window
        corner = gan.discriminator(torch.stack([low, torch.stack([high[0], low[1]])])) - middle
    # Rows are those of y, from the bottom.
    torch.testing.assert_close(last["D"][0, [0, -1]], corner.sigmoid())
    # An arrow points to where the logit grows as fast as it is long.
    at, arrow = places(low, high, ARROWS)[5, 7], last["arrows"][5, 7]
    step = 1e-3 * arrow / arrow.norm()
    with torch.no_grad():
        ends = gan.discriminator(torch.stack([at - step, at + step]))
    torch.testing.assert_close((ends[1] - ends[0]) / 2e-3, arrow.norm(), rtol=0.02, atol=1e-4)


def test_the_film_has_the_start_every_interval_and_the_end(tmp_path: Path) -> None:
    logger = TensorBoardLogger(tmp_path, name="", version="")
    train(tmp_path, small_gan(), 5, [field()], points(), logger=logger)
    assert [image.step for image in events(tmp_path).Images("field")] == [0, 2, 4, 5]
    assert frames(tmp_path / "field.gif").shape == (4, 480, 560)


def test_a_resumed_run_goes_on_with_the_film(tmp_path: Path) -> None:
    whole, first, second = field(), field(), field()
    train(tmp_path / "whole", small_gan(), 5, [whole], points())
    train(tmp_path, small_gan(), 3, [first, Checkpoint(3, None, keep_all=False)], points())
    last = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path, small_gan(), 5, [second], points(), ckpt=last)
    assert same(second.frames, whole.frames)


def test_drawing_leaves_training_as_it_was(tmp_path: Path) -> None:
    watched, alone = small_gan(), small_gan()
    train(tmp_path, watched, 4, [field(1)], points())
    train(tmp_path, alone, 4, data=points())
    assert same(watched.state_dict(), alone.state_dict())


def test_a_generator_that_diverged_ends_its_film(tmp_path: Path) -> None:
    gan = small_gan()
    with torch.no_grad():
        for network in (gan.generator, gan.discriminator):
            next(network.parameters()).fill_(torch.nan)
    train(tmp_path, gan, 2, [diverged := field()], points())
    assert len(frames(tmp_path / "field.gif")) == len(diverged.frames)


def test_data_that_are_not_of_the_plane_are_refused() -> None:
    with pytest.raises(ForgerError, match=r"\[1, 4, 4\].*~callbacks\.field"):
        field().check(make_gan(), Images())


def test_moments_of_another_number_of_samples_are_refused_when_they_are_read() -> None:
    frame = {"update": torch.tensor(0), "D": torch.zeros(SIDE, SIDE)}
    frame |= {"arrows": torch.zeros(ARROWS, ARROWS, 2), "samples": torch.zeros(19, 2)}
    with pytest.raises(ValueError, match=r"n \(=20\)"):
        field().load_state_dict({"frames": [frame]})
    field().load_state_dict({"frames": [frame | {"samples": torch.zeros(20, 2)}]})
