from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from forger.gan import GAN
from forger.latent_space.directions import principal
from forger.latents import sample_prior_by_index
from read_images import tiles

Forger = Callable[..., str]


def test_rows_are_directions_of_the_averaged_generator_from_each_base(
    forger: Forger, ckpt: Path, gan: GAN, tmp_path: Path
) -> None:
    assert gan.ema is not None
    chosen = ["n=2", "bases=3", "steps=5", "reach=2", "seed=1", "out=a"]
    said = forger("directions", f"ckpt={ckpt}", *chosen)
    kept = load_file(tmp_path / "a" / "directions.safetensors")
    directions, strengths = principal(gan.ema, 4)
    assert torch.equal(kept["directions"], directions)
    assert torch.equal(kept["strengths"], strengths)
    assert f"strengths {strengths[0]:.3g}, {strengths[1]:.3g}\n" in said

    images = tiles(tmp_path / "a" / "directions.png").unflatten(0, (2, 3, 5))
    bases = sample_prior_by_index("normal", 3, 4, seed=1)
    for row, direction in enumerate(directions[:2]):
        for column, step in ((0, -2.0), (2, 0.0), (3, 1.0)):
            made = gan.generate(bases + step * direction)
            assert torch.equal(images[row, :, column], made)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("n=0", "n (=0) must be at least 1"),
        ("n=5", "n (=5) must be at most 4, the number of directions"),
        ("bases=0", "bases (=0) must be at least 1"),
        ("steps=1", "steps (=1) must be at least 2"),
        ("reach=0", "reach (=0) must be positive"),
    ],
)
def test_bad_settings_are_named(forger: Forger, ckpt: Path, setting: str, sentence: str) -> None:
    assert sentence in forger("directions", f"ckpt={ckpt}", setting)


def test_there_are_as_many_as_fit_unless_a_number_is_given(forger: Forger, ckpt: Path) -> None:
    said = forger("directions", f"ckpt={ckpt}")
    strengths = said.split("strengths ")[1].splitlines()[0]
    assert len(strengths.split(", ")) == 4
