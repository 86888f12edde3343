from pathlib import Path

import numpy as np
import pytest

from forger.report.differences import keep_differences
from forger.report.learning_curves import draw_curves, mean_curve, near
from forger.report.pictures import draw_effects
from forger.report.reading import find_runs, read_run
from forger.report.statistics import Estimate
from forger.report.tables import group


def test_a_curve_is_the_mean_over_sound_runs_as_far_as_all_of_them_came(sweep: Path) -> None:
    runs = [read_run(folder) for folder in find_runs(sweep)]
    keep_differences(runs)
    cells = {cell.settings["k"]: cell for cell in group(runs, "metric/fid", "min")}
    # Without the run that diverged and the one that failed.
    assert mean_curve(cells[2], "metric/fid").tolist() == [[10, 5, 4, 6], [20, 6, 5, 7]]
    # With the one that is under way.
    assert mean_curve(cells[1], "metric/fid").tolist() == [[10, 9, 3, 13]]
    assert mean_curve(cells[1], "loss/discriminator").tolist() == []


def test_runs_none_of_which_is_sound_show_what_they_have(sweep: Path) -> None:
    (cell,) = group([read_run(sweep / "5_k-2_seed-2")], "metric/fid", "min")
    assert mean_curve(cell, "metric/fid").tolist()[0] == [10, 1, 1, 1]


def test_the_lowest_chart_of_each_column_names_its_axis(sweep: Path) -> None:
    cells = group([read_run(sweep / "5_k-2_seed-2")], "metric/fid", "min")
    charts = draw_curves(cells, ["metric/fid"] * 4)
    assert charts.count("generator updates") == 3


def test_ticks_say_all_of_their_value_where_runs_are_near_each_other() -> None:
    near_14 = {name: Estimate([value], 1) for name, value in (("a", 14.0004), ("b", 14.002))}
    assert "+1.4e1" not in draw_effects({"loss": near_14}, "metric/fid")


def test_a_curve_that_goes_far_beyond_the_others_does_not_flatten_them() -> None:
    steady, wide, far = (np.array([[0.0, 1, 1, 1], [1, v, v, v]]) for v in (2, -9, 1e6))
    assert near([steady, far]) == near([steady, far, np.empty((0, 4))]) == (0.95, 2.05)
    assert near([far, wide, steady]) == pytest.approx((-9.55, 2.55))
    assert near([steady, wide]) is None
    assert near([far]) is None
    assert near([]) is None
