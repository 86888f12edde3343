from pathlib import Path

import pytest

from conftest import Forger
from forger.callbacks.curves import Curves
from forger.runs.curves import read_curves
from forger.runs.loggers import CurvesFile
from tiny import LINE, make_gan, train


def test_the_file_holds_what_other_callbacks_see(tmp_path: Path) -> None:
    (tmp_path / "run.json").touch()
    logger = CurvesFile(tmp_path)
    trainer = train(tmp_path, make_gan(), 4, [Curves(2)], logger=logger)
    curves = read_curves(tmp_path)
    assert all(list(curve) == [2, 4] for curve in curves.values())
    for name, value in trainer.callback_metrics.items():
        assert curves[name][4] == pytest.approx(value.item())


OWN = """
from pathlib import Path
from pytorch_lightning.loggers.logger import Logger

class Plain:
    pass

class Own(Logger):
    name, version = "own", "0"

    def log_metrics(self, metrics, step=None) -> None:
        Path("own.txt").write_text(str(step))

    def log_hyperparams(self, *_, **__) -> None: ...
"""


def test_a_logger_of_ones_own_need_not_take_the_folder(forger: Forger, tmp_path: Path) -> None:
    Path("own_logger.py").write_text(OWN)
    settings = [*LINE, "trainer.max_steps=1"]
    forger("train", *settings, "+logger.own._target_=own_logger.Own")
    assert Path("own.txt").read_text() == "1"
    said = forger("train", *settings, "+logger.own._target_=own_logger.Plain")
    assert said == "forger: logger.own is a Plain, not a Lightning Logger: give another _target_\n"
