import math
from pathlib import Path

import numpy as np
from PIL import Image

from forger.figures.curves import save_curves

CURVES = {
    "loss/discriminator": {50: 1.0, 100: 1.3},
    "loss/generator": {50: 0.7, 100: math.nan},
    "prob/real": {50: 0.9, 100: 0.6},
    "prob/fake": {50: 0.1, 100: 0.4},
    "metric/$fid": {100: 3.0},
}


def width(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.width


def test_there_is_a_panel_for_each_that_the_run_has(tmp_path: Path) -> None:
    file = tmp_path / "curves.png"
    save_curves(CURVES, "metric/$fid", file)
    assert width(file) == 3 * 450
    save_curves(CURVES, "metric/other", file)
    assert width(file) == 2 * 450
    save_curves({"metric/$fid": {100: 3.0}}, "metric/$fid", file)
    assert width(file) == 450
    save_curves({}, "metric/$fid", tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_a_curve_is_drawn_in_its_panel(tmp_path: Path) -> None:
    pictures = []
    for value in (0.1, 0.9):
        changed = CURVES | {"prob/fake": {50: 0.1, 100: value}}
        save_curves(changed, "metric/$fid", tmp_path / "curves.png")
        pictures.append(np.asarray(Image.open(tmp_path / "curves.png")).astype(int))
    changes = np.abs(pictures[0] - pictures[1]).sum(axis=(0, 2)).nonzero()[0]
    assert changes.min() > 450
    assert changes.max() < 900
