import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from forger.build import build
from forger.errors import ForgerError
from forger.verbs import evaluate
from tiny import composed

SMALL = ["n=60", "repeats=2", "metrics=[frechet,classes,nearest]", "metrics.nearest.limit=10"]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """An untrained GAN, as a run would have saved it."""
    gan = build(composed("generator=mlp", "discriminator=mlp", "generator.widths=[8]"))
    path = tmp_path / "checkpoints" / "last.ckpt"
    path.parent.mkdir()
    contents = {"state_dict": gan.state_dict(), "config": gan.config, "global_step": 7}
    torch.save(contents, path)
    return path


def test_metrics_lie_between_real_images_and_noise(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate.run(composed(f"ckpt={checkpoint}", *SMALL, verb="evaluate"))
    folder = checkpoint.with_suffix("")
    results = json.loads((folder / "metrics.json").read_text())
    fid = {row: results[row]["fid"] for row in ("real", "noise")}
    assert fid["real"] < results["samples"]["fid"]["mean"]
    assert fid["real"] < fid["noise"]
    assert results["real"]["nearest"] == 0  # they are training images
    assert len(results["samples"]["fid"]["values"]) == 2
    assert (results["n"], results["seed"], results["updates"]) == (60, 0, 7)
    assert len(results["evaluator_sha256"]) == len(results["data_sha256"]) == 64
    with Image.open(folder / "nearest.png") as picture:
        assert picture.size == (16 * 30 + 2, 4 * 30 + 2)
    assert "real images" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_numbers(checkpoint: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        config = composed(f"ckpt={checkpoint}", f"out={tmp_path / name}", *SMALL, verb="evaluate")
        evaluate.run(config)
    texts = [(tmp_path / name / "metrics.json").read_text() for name in ("a", "b")]
    assert texts[0] == texts[1]


def test_a_missing_evaluator_is_told_with_the_remedy(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("forger.metrics.evaluator.SHIPPED", tmp_path)
    with pytest.raises(ForgerError, match="forger train-evaluator"):
        evaluate.run(composed(f"ckpt={checkpoint}", *SMALL, verb="evaluate"))
