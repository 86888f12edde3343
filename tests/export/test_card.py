"""The model card is read as others would read it, and its code is run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from forger.config.build import build
from forger.config.load import load
from forger.errors import ForgerError
from forger.export.card import write_card
from forger.export.formats import trace, write_program
from forger.runs.folder import find_checkpoint
from tiny import CONDITIONAL, composed

SMALL = ["generator=mlp", "discriminator=mlp", "generator.widths=[6]", "model.latent_dim=4"]
CODES = "{_target_: forger.latents.Codes, categorical: [3], continuous: 1, noise: normal}"
KINDS = {
    "images": ([*SMALL, "model.prior=uniform"], (1, 28, 28)),
    "codes": ([*SMALL, "model.latent_dim=6", f"model.prior={CODES}"], (1, 28, 28)),
    "conditional": (CONDITIONAL, (1, 28, 28)),
    "points": (["experiment=ring", "generator.widths=[6]"], (2,)),
}
METRICS = {
    "samples": {
        "fid": {"mean": 2.5, "std": 0.25, "values": [2.25, 2.75]},
        "absent": {"mean": None, "std": None, "values": [None]},
    },
    "real": {"fid": 0.5, "absent": None},
    "noise": {"fid": 100.0, "absent": None},
    "n": 500,
    "repeats": 2,
    "split": "test",
}


def card(folder: Path, kind: str) -> tuple[dict[str, Any], str]:
    """The lines at the top of the card of a run in this folder, and what follows them."""
    overrides, shape = KINDS[kind]
    gan = build(composed(*overrides)).eval()
    checkpoint = folder / "run" / "checkpoints" / "last.ckpt"
    write_card(gan, checkpoint, 7, shape, folder / "README.md")
    write_program(gan, trace(gan), folder / "generator.pt2")
    empty, front, text = (folder / "README.md").read_text().split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(front), text


@pytest.mark.parametrize("kind", KINDS)
def test_its_code_makes_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    front, text = card(tmp_path, kind)
    assert front["pipeline_tag"] == (
        "other" if kind == "points" else "unconditional-image-generation"
    )
    assert "gan" in front["tags"]
    code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code) == 1
    names: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    exec(code[0], names)
    assert names["x"].shape == (64, *KINDS[kind][1])
    if kind != "points":
        assert 0 <= names["x"].min() < names["x"].max() <= 1
    # Every coordinate of a named prior has mean 0 and variance 1.
    if kind == "images":
        assert 0.7 < names["z"].var() < 1.3
        assert names["z"].abs().max() <= 3**0.5
    if kind == "conditional":
        assert names["label"].tolist() == (torch.arange(64) % 10).tolist()


def test_without_a_run_it_says_what_is_in_the_checkpoint(tmp_path: Path) -> None:
    front, text = card(tmp_path, "images")
    assert "model-index" not in front
    assert "# A GAN of MNIST" in text
    assert "| licence of the data | CC BY-SA 3.0 |" in text
    assert "| generator updates | 7 |" in text
    assert "None yet: `forger evaluate" in text
    assert "SHA-256" not in text


def test_what_comes_with_forger_has_a_card(tmp_path: Path) -> None:
    checkpoint = find_checkpoint("zoo:mnist")
    path = tmp_path / "README.md"
    write_card(load(checkpoint), checkpoint, 4000, (1, 28, 28), path)
    text = path.read_text()
    assert "| generator updates | 4000 |" in text
    assert "forger train experiment=best_mnist" in text
    assert "| fid | 0.04946 " in text


def test_texts_of_a_strangers_run_stay_texts(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoints" / "last").mkdir(parents=True)
    evil = "x |\n\n# Heading\n```\n<script>alert(1)</script> [a](b) `"
    metrics = METRICS | {"split": evil, "samples": {evil: {"mean": 1.0, "std": None}}}
    (run / "checkpoints" / "last" / "metrics.json").write_text(json.dumps(metrics))
    start = dict.fromkeys(("time", "data_sha256", "git_commit", "python", "machine"), evil)
    start |= {"command": [], "overrides": [evil], "shared": [], "seed": 0, "git_status": []}
    start |= {"packages": {"forger": evil}}
    (run / "run.json").write_text(json.dumps([start]))
    gan = build(composed(*KINDS["images"][0])).eval()
    gan.config["loss"]["_target_"] = gan.config["data"]["licence"] = evil
    gan.config["data"] |= {"class_names": [evil], "folder": evil}
    checkpoint = run / "checkpoints" / "last.ckpt"
    write_card(gan, checkpoint, 7, (1, 28, 28), tmp_path / "README.md")
    _, front, text = (tmp_path / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(front)["model-index"][0]["results"][0]["dataset"]["split"] == evil
    # All that is left of it in the text is inert, as in code.
    code = re.sub(r"```\w*\n.*?\n```\n|`[^`\n]*`", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<script|(?<!\\)\]\(b|^# Heading", code, re.MULTILINE)
    assert re.findall("^#.*", code, re.MULTILINE)[1:] == [
        "## Use",
        "## Training",
        "## Numbers",
        "## Limits",
    ]


@pytest.mark.parametrize("samples", [{"a": 3}, {"a": {"mean": "1", "std": None}}])
def test_a_damaged_metrics_file_is_told(tmp_path: Path, samples: dict[str, Any]) -> None:
    (tmp_path / "run" / "checkpoints" / "last").mkdir(parents=True)
    file = tmp_path / "run" / "checkpoints" / "last" / "metrics.json"
    file.write_text(json.dumps(METRICS | {"samples": samples}))
    with pytest.raises(ForgerError, match=r"metrics.json is damaged: .*samples.a.*should be"):
        card(tmp_path, "images")


def test_points_that_a_program_draws_have_no_licence(tmp_path: Path) -> None:
    assert "licence of the data" not in card(tmp_path, "points")[1]


def test_it_has_the_numbers_of_evaluate_and_the_origin_of_the_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoints" / "last").mkdir(parents=True)
    (run / "checkpoints" / "last" / "metrics.json").write_text(json.dumps(METRICS))
    start = {
        "time": "2026-01-01T00:00:00+0000",
        "command": ["forger", "train"],
        "overrides": ["name=a b"],
        "shared": [],
        "seed": 3,
        "data_sha256": "abcdef",
        "git_commit": None,
        "git_status": [],
        "python": "3.10.1",
        "machine": "a machine",
        "packages": {"forger": "0.9", "torch": "2.11", "other": "1"},
    }
    # What Forger makes of resume= has a path of this machine.
    later = start | {"overrides": ["resume='/home/me/run'"]}
    (run / "run.json").write_text(json.dumps([start, later]))
    front, text = card(tmp_path, "images")
    assert "/home/me" not in text
    (result,) = front["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "fid", "value": 2.5}]
    assert result["dataset"] == {"name": "MNIST", "type": "MNIST", "split": "test"}
    assert "| fid | 2.5 ± 0.25 | 0.5 | 100 |" in text
    assert "with Forger 0.9." in text
    assert "| versions | python 3.10.1, forger 0.9, torch 2.11 |" in text
    assert "forger train 'name=a b'" in text
