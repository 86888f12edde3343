from pathlib import Path

from forger.report.differences import keep_differences
from forger.report.pictures import mean_curve
from forger.report.reading import find_runs, read_run
from forger.report.tables import group


def test_a_curve_is_the_mean_over_sound_runs_as_far_as_all_of_them_came(sweep: Path) -> None:
    runs = [read_run(folder) for folder in find_runs(sweep)]
    keep_differences(runs)
    cells = {cell.settings["k"]: cell for cell in group(runs, "metric/fid", "min")}
    # Without the run that diverged and the one that failed.
    assert mean_curve(cells[2], "metric/fid").tolist() == [[10, 5], [20, 6]]
    # With the one that is under way.
    assert mean_curve(cells[1], "metric/fid").tolist() == [[10, 9]]
    assert mean_curve(cells[1], "loss/discriminator").tolist() == []


def test_runs_none_of_which_is_sound_show_what_they_have(sweep: Path) -> None:
    (cell,) = group([read_run(sweep / "5_k-2_seed-2")], "metric/fid", "min")
    assert mean_curve(cell, "metric/fid").tolist() == [[10, 1]]
