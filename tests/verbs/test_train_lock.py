"""One process at a time trains in the folder of a run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from forger.runs.curves import read_curves
from forger.runs.lock import exclusive
from tiny import POINTS, forge

Forger = Callable[..., str]


def test_a_folder_in_which_a_run_is_trained_takes_no_other(forger: Forger) -> None:
    start = ["train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run"]
    Path("run").mkdir()
    Path("run", "note").touch()
    with exclusive(Path("run")):
        assert "another process trains in" in forger(*start)
    assert [file.name for file in Path("run").iterdir()] == ["note"]
    assert "done: 2 updates" in forger(*start)


@pytest.mark.parametrize(
    ("folder", "second"),
    [
        ("run", ["hydra.run.dir=run"]),
        ("run", ["resume=run", "trainer.max_steps=8"]),
        ("run", ["resume=run/checkpoints/update_000002.ckpt", "trainer.max_steps=8"]),
        ("outputs/sweeps/s/0", ["-m", "seed=0", "name=s"]),
        ("outputs/sweeps/s/0", ["-m", "seed=0", "name=s", "+launcher=joblib"]),
        ("outputs/sweeps/s/0", ["-m", "seed=0", "name=s", "+launcher=together"]),
    ],
    ids=["same", "resume", "earlier", "sweep", "joblib", "together"],
)
def test_a_second_start_touches_nothing_in_the_folder_of_a_run_in_progress(
    forger: Forger,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    second: list[str],
) -> None:
    start = ["data=swiss_roll", "generator=mlp", "generator.output=identity"]
    start += ["discriminator=mlp", "trainer.max_steps=4"]
    start += ["callbacks=[checkpoint,curves]", "trainer.log_every_n_steps=1"]
    start += ["callbacks.checkpoint.every_n_updates=2", "callbacks.checkpoint.keep_all=true"]
    forger("train", *start, *(second if "-m" in second else ["hydra.run.dir=run"]))
    run = Path(folder)
    # As a run in progress is: killed, for all one sees.
    (run / "summary.json").unlink()

    def left() -> dict[str, tuple[int, bytes]]:
        files = [file for file in run.rglob("*") if file.is_file() and file.name != ".lock"]
        return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}

    before = left()
    assert len(read_curves(run)["loss/generator"]) == 4
    settings = [] if second[0].startswith("resume=") else start
    with exclusive(run):
        monkeypatch.setenv("HYDRA_FULL_ERROR", "")
        with pytest.raises(SystemExit):
            forge(Path.cwd(), "train", *settings, *second)
        assert "another process trains in" in capsys.readouterr().err
        assert left() == before
    assert not (run / ".lock").exists()


def test_the_claim_of_a_process_that_was_killed_is_void(forger: Forger) -> None:
    Path("run").mkdir()
    Path("run", ".lock").touch()
    said = forger("train", *POINTS, "trainer.max_steps=2", "hydra.run.dir=run")
    assert "done: 2 updates" in said
    assert not Path("run", ".lock").exists()
