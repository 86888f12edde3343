from pathlib import Path

import pytest

from forger.errors import ForgerError
from forger.runs import find_checkpoint, find_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """An empty run folder with two checkpoints."""
    run = tmp_path / "run"
    for file in ("checkpoints/last.ckpt", "checkpoints/update_000005.ckpt", "config/config.yaml"):
        (run / file).parent.mkdir(parents=True, exist_ok=True)
        (run / file).touch()
    return run


def test_a_run_folder_stands_for_its_last_checkpoint(run: Path) -> None:
    assert find_checkpoint(str(run)) == run / "checkpoints" / "last.ckpt"


def test_a_checkpoint_stands_for_itself_wherever_it_is_called_from(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    expected = run / "checkpoints" / "update_000005.ckpt"
    assert find_checkpoint("run/checkpoints/update_000005.ckpt") == expected
    monkeypatch.setenv("HOME", str(run.parent))
    assert find_checkpoint("~/run/checkpoints/update_000005.ckpt") == expected


def test_the_run_of_a_checkpoint_is_the_folder_it_lies_in(run: Path) -> None:
    assert find_run(run / "checkpoints" / "update_000005.ckpt") == run


def test_what_is_missing_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=rf"no file {tmp_path}/nothing"):
        find_checkpoint(str(tmp_path / "nothing"))
    with pytest.raises(ForgerError, match=rf"{tmp_path} holds no checkpoints/last.ckpt"):
        find_checkpoint(str(tmp_path))
    (run / "config" / "config.yaml").unlink()
    with pytest.raises(ForgerError, match=r"last.ckpt lies in no run folder"):
        find_run(run / "checkpoints" / "last.ckpt")
