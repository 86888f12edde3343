"""What a run folder or a checkpoint may name, and what runs nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

Forger = Callable[..., str]


HARM = {"_target_": "os.system", "command": "touch harm"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("loss: {payload}", "loss._target_ (=os.system) in "),
        ("metrics: {{a: {payload}}}", "metrics.a._target_ (=os.system) in "),
        ("loss: \"${{oc.create:'{{_target_: os.system}}'}}\"", "loss._target_ (=os.system) in "),
        ("trust: [os, posix]\nloss: {payload}", "does not create it: do not use the file"),
        # What Hydra would make before anything of ours runs.
        ("hydra: {{callbacks: {{a: {payload}}}}}", "it has the unknown setting hydra"),
        ("defaults: [evil]", "it has the unknown setting defaults"),
        ("# @package hydra\ncallbacks: {{a: {payload}}}", "callbacks.a._target_ (=os.system) in "),
        ("[1, 2]", "config.yaml is damaged: its content (=[1, 2]) should be a dictionary"),
        ("loss: {{", "config.yaml is damaged: "),
    ],
)
def test_a_run_folder_from_a_stranger_runs_no_code(
    forger: Forger, tmp_path: Path, text: str, sentence: str
) -> None:
    for file in ("run/checkpoints/last.ckpt", "run/config/evil.yaml", "run/config/config.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / file).write_text(text.format(payload=json.dumps(HARM)))
    assert sentence in forger("train", "resume=run")
    assert not (tmp_path / "harm").exists()


def test_a_verb_trusts_what_it_is_told_to(forger: Forger, ckpt: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from forger.networks.mlp import Generator\nclass Own(Generator): pass\n"
    )
    contents = torch.load(ckpt, weights_only=True)
    contents["config"]["generator"]["_target_"] = "mine.Own"
    # Of a loss nobody asks: it is not made.
    contents["config"]["loss"] = {"_target_": "mine.Loss"}
    torch.save(contents, ckpt)
    assert "give 'trust=[mine]'" in forger("sample", f"ckpt={ckpt}")
    assert "grid.png" in forger("sample", f"ckpt={ckpt}", "trust=[mine]")
