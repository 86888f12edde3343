import math
from pathlib import Path

import pytest

from forger.report.differences import keep_differences
from forger.report.reading import Run, find_runs, read_run
from forger.report.tables import effects, group, in_order, show


@pytest.fixture
def runs(sweep: Path) -> list[Run]:
    runs = [read_run(folder) for folder in find_runs(sweep)]
    keep_differences(runs)
    return runs


@pytest.mark.parametrize(("mode", "first"), [("min", 2), ("max", 1)])
def test_cells_are_over_seeds_and_the_best_comes_first(
    runs: list[Run], mode: str, first: int
) -> None:
    runs[5].status = "failed"  # not "diverged", which says something of its settings
    cells = group(runs, "metric/fid", mode)
    assert [cell.settings["k"] for cell in cells] == [first, 3 - first]
    means = {cell.settings["k"]: cell.final("metric/fid") for cell in cells}
    assert {k: (e.mean, e.n, e.of) for k, e in means.items()} == {1: (12, 3, 4), 2: (6, 2, 4)}
    assert [len(cell.runs) for cell in cells] == [4, 4]


def test_a_cell_without_a_healthy_run_comes_last(runs: list[Run]) -> None:
    runs[6].settings["k"] = 3
    assert [c.settings["k"] for c in group(runs, "metric/fid", "max")] == [1, 2, 3]


def test_a_cell_with_a_diverged_run_is_no_best_cell(runs: list[Run]) -> None:
    assert [c.settings["k"] for c in group(runs, "metric/fid", "min")] == [1, 2]


def test_a_cell_with_a_value_that_is_not_finite_is_no_best_cell(runs: list[Run]) -> None:
    runs[5].status = "failed"
    for run in runs:
        if run.settings["k"] == 2 and run.settings["seed"] == 0:
            run.metrics["metric/fid"] = math.inf
    cells = group(runs, "metric/fid", "min")
    assert [c.settings["k"] for c in cells] == [1, 2]
    assert str(cells[1].final("metric/fid")) == "7 (1 of 4)"
    assert str(effects(runs, ["k"], "metric/fid")["k"][2]) == "7 (1 of 4)"


def test_seconds_are_those_of_runs_that_came_to_their_end(runs: list[Run]) -> None:
    seconds = [run.seconds for run in runs if run.status in ("done", "stopped")]
    for run in runs:
        if run.seconds is not None and run.seconds not in seconds:
            run.seconds = 1e9
    assert [c.seconds().mean < 1e6 for c in group(runs, "metric/fid", "min")] == [True, True]


def test_a_main_effect_is_the_mean_over_all_runs_with_the_value(runs: list[Run]) -> None:
    found = effects(runs, ["k", "seed"], "metric/fid")
    assert {k: e.mean for k, e in found["k"].items()} == {1: 12, 2: 6}
    assert {seed: e.mean for seed, e in found["seed"].items()} == {0: 7.5, 1: 9.5, 2: 14}
    assert effects(runs[:3], ["k"], "metric/fid") == {}


def test_numbers_before_words_before_nothing() -> None:
    assert in_order(["b", None, 10, "a", 9, 0.5]) == [0.5, 9, 10, "a", "b", None]
    assert [show(v) for v in (None, 1 / 3, 10, "a")] == ["-", "0.3333", "10", "a"]
