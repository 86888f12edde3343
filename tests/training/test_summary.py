"""What a run says at its end."""

import math
from pathlib import Path

import pytest
import torch

from forger.callbacks.curves import Curves
from forger.callbacks.densities import Densities
from forger.callbacks.doctor import Doctor
from forger.callbacks.field import Field
from forger.runs.curves import read_curves
from forger.runs.loggers import CurvesFile
from forger.training.summary import announce, summarise
from tiny import composed, make_gan, train


def test_an_infinite_value_is_told_from_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").touch()
    trainer = train(tmp_path, make_gan(), 1, [Curves(1)], logger=CurvesFile(tmp_path))
    values = {"metric/mode_kl": math.inf, "metric/spread": math.nan, "metric/fid": 0.25}
    trainer.logger.log_metrics(values, step=1)  # pyright: ignore[reportOptionalMemberAccess]
    trainer.callback_metrics.update({name: torch.tensor(v) for name, v in values.items()})
    summary = summarise(trainer, tmp_path, read_curves(tmp_path), 1.0, None)
    announce(summary, tmp_path, composed(), trainer)
    assert "metrics  mode_kl inf, spread nan, fid 0.25\n" in capsys.readouterr().out


def test_films_are_shown_beside_the_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("run.json", "curves.png", "field.gif", "densities.gif", "trajectory.gif"):
        (tmp_path / name).touch()
    trainer = train(tmp_path, make_gan(), 1, [Curves(1)], logger=CurvesFile(tmp_path))
    # That of a trajectory is of another run.
    trainer.callbacks += [Field(1, 1, 0), Densities(1, 1, 1, 0)]  # pyright: ignore
    summary = summarise(trainer, tmp_path, read_curves(tmp_path), 1.0, None)
    announce(summary, tmp_path, composed(), trainer)
    told = "curves   ./curves.png\nfilm     densities.gif\nfilm     field.gif\n"
    assert told in (printed := capsys.readouterr().out)
    assert "trajectory.gif" not in printed


def test_what_the_doctor_says_is_followed_by_the_page_that_explains_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").touch()
    trainer = train(tmp_path, make_gan(), 1, [Curves(1)], logger=CurvesFile(tmp_path))
    summary = summarise(trainer, tmp_path, read_curves(tmp_path), 1.0, None)
    trainer.callbacks.append(doctor := Doctor(1, 1))  # pyright: ignore
    for said in ([], ["it is ill"]):
        doctor.cautions = said
        announce(summary, tmp_path, composed(), trainer)
        last = capsys.readouterr().out.splitlines()[-1]
        assert (last.startswith("help") and Path(last.split()[1]).is_file()) == bool(said)
