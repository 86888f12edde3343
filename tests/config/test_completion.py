"""What is offered at the end of a command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from forger.config.completion import complete


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["trav"], ["traverse"]),
        (["--v"], ["--version"]),
        (["train", "loss=h"], ["loss=hinge"]),
        (["train", "loss=hinge", "mod"], ["model.", "model="]),
        (["train", "model.la"], ["model.latent_dim="]),
        (["train", "model.k="], ["model.k=1"]),
        (["train", "data.memory_map="], []),
        (["sample", "npz="], ["npz=false", "npz=true"]),
        (["report", "mode=m"], ["mode=min"]),
        (["train", "+term=mo"], ["+term=mode_seeking"]),
        (["train", "+swee"], ["+sweep="]),
        (["train", "+sweep=r"], ["+sweep=rates"]),
        (["train", "~callbacks.me"], ["~callbacks.measure"]),
        (["evaluate", "metrics=fr"], ["metrics=frechet"]),
        (["sample", "see"], ["seed="]),
        # Another option has other settings.
        (["train", "generator=mlp", "generator.widt"], ["generator.widths="]),
        (["train", "generator.widt"], ["generator.width="]),
        # What is wrong before it does not matter.
        (["train", "los=h", "model.la"], ["model.latent_dim="]),
        (["trian", "m"], []),
        (["train", "model.k.x"], []),
    ],
)
def test_the_last_word_becomes_what_there_is(line: list[str], expected: list[str]) -> None:
    assert complete(line) == expected


def test_runs_and_checkpoints_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = Path("outputs/runs/default/first")
    (run / "checkpoints").mkdir(parents=True)
    (run / "run.json").touch()
    (run / "samples.png").touch()
    (run / "checkpoints" / "best.ckpt").touch()
    assert f"resume={run}" in complete(["train", "resume="])
    assert f"{run}" in complete(["sample", "out"])
    assert complete(["sample", f"ckpt={run}/"]) == [f"ckpt={run}/checkpoints/"]
    assert complete(["info", f"{run}/checkpoints/"]) == [f"{run}/checkpoints/best.ckpt"]
    assert f"{run}" in complete(["compare", "outputs/runs/default/other", "out"])
    assert complete(["report", f"{run}/checkpoints/best.ckpt/"]) == []


def test_options_of_a_project_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conf/loss").mkdir(parents=True)
    Path("conf/loss/mine.yaml").write_text("_target_: mine.Loss\nslope: 0.5\n")
    Path("pyproject.toml").write_text('[tool.forger]\nconf = "conf"\n')
    assert complete(["train", "loss=mi"]) == ["loss=mine", "loss=minimax"]
    assert complete(["train", "loss=mine", "loss."]) == ["loss.slope="]


def test_completing_imports_no_torch() -> None:
    code = (
        "import sys, forger.cli; sys.argv = ['forger', '--complete', 'train', 'model.la'];"
        "forger.cli.main(); print('torch' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["model.latent_dim=", "False"]
