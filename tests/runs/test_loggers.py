from pathlib import Path

import pytest

from forger.callbacks.curves import Curves
from forger.runs.curves import read_curves
from forger.runs.loggers import CurvesFile
from tiny import make_gan, train


def test_the_file_holds_what_other_callbacks_see(tmp_path: Path) -> None:
    (tmp_path / "run.json").touch()
    logger = CurvesFile(tmp_path)
    trainer = train(tmp_path, make_gan(), 4, [Curves(2)], logger=logger)
    curves = read_curves(tmp_path)
    assert all(list(curve) == [2, 4] for curve in curves.values())
    for name, value in trainer.callback_metrics.items():
        assert curves[name][4] == pytest.approx(value.item())
