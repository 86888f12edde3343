from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.densities import Densities
from forger.data.toys import Gaussian1D, Mixture, ring
from forger.errors import ForgerError
from forger.figures.figure1 import kernel_density
from forger.gan import GAN
from forger.networks import mlp
from read_images import frames
from tiny import Images, events, make_gan, same, train


def line(std: float = 1.25) -> Gaussian1D:
    return Gaussian1D(mean=4.0, std=std, size=64, shape=[1], batch_size=8, seed=0)


def small_gan(latent_dim: int = 1) -> GAN:
    torch.manual_seed(0)
    return make_gan(
        generator=mlp.Generator(latent_dim, [1], [8], True, "identity", None),
        discriminator=mlp.Discriminator([1], [8], None),
        latent_dim=latent_dim,
    )


def densities(every_n_updates: int = 2) -> Densities:
    return Densities(every_n_updates, n=100, lines=5, seed=3)


def test_a_moment_is_what_both_networks_say_then(tmp_path: Path) -> None:
    gan, drawn = small_gan(), densities()
    train(tmp_path, gan, 2, [drawn], line())
    assert [int(frame["update"]) for frame in drawn.frames] == [0, 2]
    last = drawn.frames[-1]
    gan.eval()
    with torch.no_grad():
        assert torch.equal(last["D"], gan.discriminator(drawn.x[:, None]).sigmoid())
        made, ends = (gan.generator(z)[:, 0] for z in (drawn.z, drawn.traced_z))
    assert torch.equal(last["G"], ends)
    assert torch.equal(last["p_g"], kernel_density(made, drawn.x, drawn.bandwidth))
    # Each line has as many latent vectors to its left as the next has between it and this one.
    ranks = torch.searchsorted(drawn.z[:, 0], drawn.traced_z[:, 0].contiguous())
    assert ranks.tolist() == [10, 30, 50, 70, 90]


def test_the_film_has_the_start_every_interval_and_the_end(tmp_path: Path) -> None:
    logger = TensorBoardLogger(tmp_path, name="", version="")
    train(tmp_path, small_gan(), 5, [densities()], line(), logger=logger)
    assert [image.step for image in events(tmp_path).Images("densities")] == [0, 2, 4, 5]
    shots = frames(tmp_path / "densities.gif")
    assert shots.shape == (4, 550, 800)
    changes = (shots.int() - shots[0].int()).abs()
    # The axes stand still: left of them nothing moves, but for what a palette does to its shades.
    assert changes[:, :, :55].max() < 20
    assert changes[:, :, 55:].max() > 100
    with Image.open(tmp_path / "densities.png") as still:
        assert still.format == "PNG"


def test_a_resumed_run_goes_on_with_the_film(tmp_path: Path) -> None:
    whole, first, second = densities(), densities(), densities()
    train(tmp_path / "whole", small_gan(), 5, [whole], line())
    train(tmp_path, small_gan(), 3, [first, Checkpoint(3, None, keep_all=False)], line())
    last = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path, small_gan(), 5, [second], line(), ckpt=last)
    assert [int(frame["update"]) for frame in second.frames] == [0, 2, 4, 5]
    assert same(second.frames, whole.frames)
    assert len(frames(tmp_path / "densities.gif")) == 4


def test_a_generator_that_diverged_ends_its_film(tmp_path: Path) -> None:
    gan = small_gan()
    train(tmp_path, gan, 2, [diverged := densities()], line())
    with torch.no_grad():
        next(gan.generator.parameters()).fill_(torch.nan)
    train(tmp_path, gan, 2, [diverged], line())
    assert diverged.frames[-1]["p_g"].isnan().all()
    assert len(frames(tmp_path / "densities.gif")) == len(diverged.frames)


def test_drawing_leaves_training_as_it_was(tmp_path: Path) -> None:
    watched, alone = small_gan(), small_gan()
    train(tmp_path, watched, 4, [densities(1)], line())
    train(tmp_path, alone, 4, data=line())
    assert same(watched.state_dict(), alone.state_dict())


@pytest.mark.parametrize(
    ("gan", "data", "named"),
    [
        (lambda: small_gan(latent_dim=2), line, r"latent_dim is 2"),
        (make_gan, Images, r"\[1, 4, 4\]"),
        (small_gan, lambda: line(std=0.0), r"all 4"),
        (
            lambda: make_gan(
                generator=mlp.Generator(1, [2], [8], False, "identity", None),
                discriminator=mlp.Discriminator([2], [8], None),
                latent_dim=1,
            ),
            lambda: Mixture(
                centres=ring(8, 1.0), std=0.01, size=64, shape=[2], batch_size=8, seed=0
            ),
            r"data\.shape is \[2\]",
        ),
    ],
    ids=["latent", "images", "one point", "plane"],
)
def test_more_than_a_line_to_a_line_is_refused(gan: Any, data: Any, named: str) -> None:
    examples = data()
    examples.setup()
    with pytest.raises(ForgerError, match=f"{named}.*~callbacks.densities"):
        densities().check(gan(), examples)


@pytest.mark.parametrize("name", ["every_n_updates", "n", "lines"])
def test_a_size_below_one_is_named(name: str) -> None:
    sizes = {"every_n_updates": 1, "n": 1, "lines": 1} | {name: 0}
    with pytest.raises(ValueError, match=rf"{name} \(=0\)"):
        Densities(**sizes, seed=0)


@pytest.mark.parametrize("change", [{"D": torch.ones(3)}, {"G": torch.ones(6)}], ids=["D", "G"])
def test_moments_of_other_lengths_are_refused_when_they_are_read(
    tmp_path: Path, change: dict[str, torch.Tensor]
) -> None:
    film = densities()
    train(tmp_path, small_gan(), 2, [film], line())
    state = {"frames": [frame | change for frame in film.frames]}
    with pytest.raises(ValueError, match=r"lines \(=5\) are needed"):
        densities().load_state_dict(state)
