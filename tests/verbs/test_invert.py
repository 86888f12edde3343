from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision.transforms.functional import to_pil_image

from forger.data.minibatches import Split
from forger.data.mnist import MNIST
from forger.gan import GAN
from forger.latents import sample_prior_by_index
from read_images import tiles

Forger = Callable[..., str]


@pytest.fixture
def test_images(monkeypatch: pytest.MonkeyPatch) -> torch.Tensor:
    """Random images that stand in for MNIST."""
    images = torch.randint(256, (70, 1, 28, 28), dtype=torch.uint8)
    split = Split(images, torch.zeros(70, dtype=torch.int64))
    few = Split(images[:5], split.labels[:5])
    splits = {"train": split, "validation": few, "test": few}
    monkeypatch.setattr(MNIST, "load", lambda self: splits)
    return images[:5]


def test_images_of_the_generators_own_are_recovered(
    forger: Forger, ckpt: Path, gan: GAN, tmp_path: Path
) -> None:
    images = gan.generate(sample_prior_by_index("normal", 2, 4, seed=77))
    for name, image in zip("ab", images, strict=True):
        to_pil_image(image).save(tmp_path / f"{name}.png")
    settings = ["draws=50", "restarts=6", "steps=300", "out=out"]
    said = forger("invert", f"ckpt={ckpt}", "image=[a.png,b.png]", *settings)
    found = load_file(tmp_path / "out" / "latents.safetensors")
    assert found["error"].max() < 0.01
    assert found["nearest_draw"].min() > 0.05
    picture = tiles(tmp_path / "out" / "inversion.png").unflatten(0, (2, 3))
    assert torch.equal(picture[:, 0], images)
    assert torch.equal(picture[:, 1], gan.generate(found["z"]))
    difference = (picture[:, 0].int() - picture[:, 1].int()).abs()
    assert torch.equal(picture[:, 2].int(), difference)
    errors = (difference / 255).square().flatten(1).mean(1).sqrt()
    torch.testing.assert_close(found["error"], errors)
    nearest = (
        gan.generate(sample_prior_by_index("normal", 50, 4, seed=0)).float() - images[0]
    ) / 255
    distance = nearest.square().flatten(1).mean(1).sqrt().min()
    torch.testing.assert_close(found["nearest_draw"][0], distance)
    assert f"a.png: error {errors[0]:.4f}, nearest of the draws {distance:.4f}" in said


@pytest.mark.usefixtures("test_images")
def test_descents_start_from_the_nearest_of_the_draws(
    forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    still = ["draws=9", "restarts=2", "steps=1", "learning_rate=1e-9", "out=out"]
    forger("invert", f"ckpt={ckpt}", "index=[0,1,2]", *still)
    found = load_file(tmp_path / "out" / "latents.safetensors")
    torch.testing.assert_close(found["error"], found["nearest_draw"])


def test_an_image_is_inverted_alike_alone_and_among_others(
    forger: Forger, ckpt: Path, test_images: torch.Tensor, tmp_path: Path
) -> None:
    settings = ["draws=9", "restarts=2", "steps=5"]
    forger("invert", f"ckpt={ckpt}", "index=[1,4,2]", *settings, "out=many")
    forger("invert", f"ckpt={ckpt}", "index=4", *settings, "out=one")
    many, one = (load_file(tmp_path / name / "latents.safetensors") for name in ("many", "one"))
    for name, values in many.items():
        assert torch.equal(values[1:2], one[name])
    originals = tiles(tmp_path / "many" / "inversion.png")[0::3]
    assert torch.equal(originals, test_images[[1, 4, 2]])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ([], "give image=FILE.png, or index=0"),
        (["index=0", "image=a.png"], "give image=FILE.png, or index=0"),
        (["index=[]"], "give image=FILE.png, or index=0"),
        (["index=5"], "index (=[5]) must be in 0..4, the test images"),
        (["index=[0,-1]"], "must be in 0..4"),
        (["index=x"], "index (=x) should be"),
        (["image=none.png"], "image (=none.png) is not a file"),
        (["image=small.png"], "small.png has 9 x 8 pixels: the generator's images have 28 x 28"),
        (["image=text.png"], "text.png cannot be read"),
        (["image=folder"], "folder cannot be read"),
        (["index=0", "draws=0"], "draws (=0) must be at least 1"),
        (["index=0", "draws=7"], "restarts (=8) must be at most draws (=7)"),
        (["index=0", "steps=0"], "steps (=0) must be at least 1"),
        (["index=0", "learning_rate=0"], "learning_rate (=0) must be positive"),
        (["index=0", "prior_weight=-1"], "prior_weight (=-1) must be at least 0"),
    ],
)
@pytest.mark.usefixtures("test_images")
def test_bad_settings_are_named(
    forger: Forger, ckpt: Path, tmp_path: Path, settings: list[str], sentence: str
) -> None:
    Image.new("L", (9, 8)).save(tmp_path / "small.png")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "folder").mkdir()
    assert sentence in forger("invert", f"ckpt={ckpt}", *settings)
    assert not list(tmp_path.rglob("latents.safetensors"))
