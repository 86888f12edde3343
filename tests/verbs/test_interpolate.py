from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from forger.config.build import build
from forger.gan import GAN
from forger.latent_space.interpolation import slerp
from forger.latents import sample_prior_by_index
from read_images import frames, tiles
from tiny import composed

Forger = Callable[..., str]


def test_each_row_goes_from_one_latent_of_the_seed_to_the_next(
    forger: Forger, ckpt: Path, gan: GAN, tmp_path: Path
) -> None:
    said = forger("interpolate", f"ckpt={ckpt}", "pairs=3", "steps=5", "seed=2", "out=a")
    assert "a/grid.png, a spherical path" in said
    z = sample_prior_by_index("normal", 6, 4, seed=2)
    rows = tiles(tmp_path / "a" / "grid.png").unflatten(0, (3, 5))
    ends = gan.generate(z)
    assert torch.equal(rows[:, 0], ends[0::2])
    assert torch.equal(rows[:, -1], ends[1::2])
    middle = gan.generate(slerp(z[0::2], z[1::2], torch.tensor(0.5)))
    assert torch.equal(rows[:, 2], middle)
    straight = gan.generate((z[0::2] + z[1::2]) / 2)
    assert not torch.equal(middle, straight)

    again = ["path=linear", "pairs=2", "steps=3", "seed=2", "out=b"]
    forger("interpolate", f"ckpt={ckpt}", *again)
    linear = tiles(tmp_path / "b" / "grid.png").unflatten(0, (2, 3))
    assert torch.equal(linear[:, 1], straight[:2])


def test_a_pair_is_the_same_in_any_number_of_pairs(
    forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    for folder, pairs in (("a", 18), ("b", 20)):
        small = [f"pairs={pairs}", "steps=3", "frames=1", f"out={folder}"]
        forger("interpolate", f"ckpt={ckpt}", *small)
    few, many = (tiles(tmp_path / folder / "grid.png") for folder in ("a", "b"))
    assert torch.equal(few, many[: 18 * 3])


def test_the_walk_passes_every_latent_and_comes_back(
    forger: Forger, ckpt: Path, gan: GAN, tmp_path: Path
) -> None:
    forger("interpolate", f"ckpt={ckpt}", "pairs=2", "frames=6", "out=a")
    film = frames(tmp_path / "a" / "walk.gif")
    assert film.shape == (4 * 6, 224, 224)
    ends = gan.generate(sample_prior_by_index("normal", 4, 4, seed=0))
    small = film[:, 4::8, 4::8]
    assert torch.equal(small[::6], ends[:, 0])
    # The last frame lies as near the first as any two neighbours.
    moves = (small.float() - small.roll(1, 0).float()).square().flatten(1).mean(1)
    assert moves[0] <= moves.max()
    assert moves.max() < (small[0].float() - small[12].float()).square().mean()
    with Image.open(tmp_path / "a" / "walk.gif") as gif:
        assert (gif.info["loop"], gif.info["duration"]) == (0, 50)


@pytest.mark.parametrize(("prior", "path"), [("normal", "spherical"), ("uniform", "linear")])
def test_the_path_fits_the_prior_unless_told(
    forger: Forger, ckpt: Path, prior: str, path: str
) -> None:
    contents = torch.load(ckpt, weights_only=True)
    contents["config"]["model"]["prior"] = prior
    torch.save(contents, ckpt)
    small = ["pairs=1", "frames=1", "out=a"]
    assert f"a {path} path" in forger("interpolate", f"ckpt={ckpt}", *small)
    assert "a linear path" in forger("interpolate", f"ckpt={ckpt}", "path=linear", *small)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("pairs=0", "pairs (=0) must be at least 1"),
        ("frames=0", "frames (=0) must be at least 1"),
        ("steps=1", "steps (=1) must be at least 2: a row has two ends"),
        ("path=curved", "path (=curved) should be"),
    ],
)
def test_bad_settings_are_named(forger: Forger, ckpt: Path, setting: str, sentence: str) -> None:
    assert sentence in forger("interpolate", f"ckpt={ckpt}", setting)


def test_points_are_lines_and_no_film(forger: Forger, table: Path, tmp_path: Path) -> None:
    said = forger("interpolate", f"ckpt={table}", "label=owl", "pairs=2", "hydra.run.dir=a")
    assert "a spherical path" in said
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["grid.png"]


def test_volumes_are_signals_and_no_film(forger: Forger, tmp_path: Path) -> None:
    shape = ["data=table", "data.file=x.npy", "data.shape=[1,2,2,2]", "generator=points"]
    gan = build(composed(*shape, "generator.widths=[8]", "discriminator=linear"))
    torch.save({"state_dict": gan.state_dict(), "config": gan.config}, tmp_path / "volume.ckpt")
    said = forger("interpolate", "ckpt=volume.ckpt", "pairs=2", "hydra.run.dir=a")
    assert "a spherical path" in said
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["grid.png"]


@pytest.mark.parametrize("verb", ["directions", "invert"])
def test_points_are_no_images(forger: Forger, points: Path, table: Path, verb: str) -> None:
    given = ["index=0"] if verb == "invert" else []
    assert "makes points, not images: give a checkpoint" in forger(verb, f"ckpt={points}", *given)
    # No class is asked for first.
    assert "makes points, not images" in forger(verb, f"ckpt={table}", *given)
