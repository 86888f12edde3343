import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from onnxruntime import InferenceSession

from forger.gan import GAN
from forger.latents import sample_prior_by_index
from forger.verbs import export
from full_disk import full_disk

Forger = Callable[..., str]
SUFFIXES = ["html", "onnx", "pt2", "safetensors"]


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.slow
def test_a_checkpoint_becomes_four_files_of_its_averaged_generator(
    forger: Forger, ckpt: Path, gan: GAN, tmp_path: Path
) -> None:
    said = forger("export", f"ckpt={ckpt}", "card=true", "out=out")
    files = ["README.md", *(f"generator.{suffix}" for suffix in SUFFIXES), "samples.png"]
    assert names(tmp_path / "out") == files
    first = [line.split()[0] for line in said.splitlines()]
    assert first == ["weights", "program", "ONNX", "page", "card"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert all(name in card for name in ("samples.png", "generator.onnx", "generator.safetensors"))
    session = InferenceSession(tmp_path / "out" / "generator.onnx")
    z = sample_prior_by_index("normal", 5, 4, seed=1)
    images = torch.from_numpy(session.run(["x"], {"z": z.numpy()})[0])
    off = (images * 255).round() - gan.generate(z)
    assert off.abs().max() <= 1
    assert off.abs().mean() < 0.01


def test_a_card_replaces_no_file_of_a_project_or_a_run(
    forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    for name in ("README.md", "samples.png"):
        (tmp_path / "project").mkdir(exist_ok=True)
        (tmp_path / "project" / name).write_text("mine")
        said = forger("export", f"ckpt={ckpt}", "card=true", "out=project")
        assert f"card=true would replace project/{name}" in said
        (tmp_path / "project" / name).unlink()


@pytest.mark.slow
def test_points_have_no_page(forger: Forger, points: Path, tmp_path: Path) -> None:
    said = forger("export", f"ckpt={points}", "out=out")
    assert "page     none: this generator makes points" in said
    assert names(tmp_path / "out") == [f"generator.{suffix}" for suffix in SUFFIXES[1:]]


@pytest.mark.slow
def test_a_full_disk_is_told_as_that(forger: Forger, points: Path, tmp_path: Path) -> None:
    with full_disk(3_000):
        said = forger("export", f"ckpt={points}", "out=out")
    assert re.fullmatch(r"forger: cannot write out/generator\.\w+: File too large\n", said)
    assert not (tmp_path / "out").exists()


def test_what_is_not_installed_is_named_before_anything_is_written(
    forger: Forger, ckpt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "find_spec", lambda name: None if "onnxr" in name else name)
    said = forger("export", f"ckpt={ckpt}", "out=out")
    assert said == "forger: export needs onnxruntime: pip install -e '.[export]'\n"
    assert not (tmp_path / "out").exists()
