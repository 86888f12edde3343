import math
from pathlib import Path

import pytest
from scipy.stats import t

from forger.report.differences import keep_differences
from forger.report.reading import Run, find_runs, read_run
from forger.report.tables import effects, estimate, group, in_order, show


@pytest.fixture
def runs(sweep: Path) -> list[Run]:
    runs = [read_run(folder) for folder in find_runs(sweep)]
    keep_differences(runs)
    return runs


def test_the_interval_is_scipys_own_of_students_t() -> None:
    values = [10.0, 12.0, 17.0]
    found = estimate([*values, None])
    assert found is not None
    low, high = t.interval(0.95, 2, loc=13, scale=(13 / 3) ** 0.5)  # variance 13
    assert (found.mean, found.n) == (13, 3)
    assert found.half == pytest.approx((high - low) / 2)
    assert str(found) == "13 ± 9"


def test_a_single_value_stands_alone_and_no_value_for_nothing() -> None:
    assert str(estimate([2.5])) == "2.5"
    assert estimate([None]) is None


@pytest.mark.parametrize(("mode", "first"), [("min", 2), ("max", 1)])
def test_cells_are_over_seeds_and_the_best_comes_first(
    runs: list[Run], mode: str, first: int
) -> None:
    cells = group(runs, "metric/fid", mode)
    assert [cell.settings["k"] for cell in cells] == [first, 3 - first]
    means = {cell.settings["k"]: cell.final("metric/fid") for cell in cells}
    assert {k: e and (e.mean, e.n) for k, e in means.items()} == {1: (12, 3), 2: (6, 2)}
    assert [len(cell.runs) for cell in cells] == [4, 4]


def test_a_cell_without_a_healthy_run_comes_last(runs: list[Run]) -> None:
    runs[6].settings["k"] = 3
    assert [c.settings["k"] for c in group(runs, "metric/fid", "max")] == [1, 2, 3]


def test_a_cell_with_a_value_that_is_not_finite_is_no_best_cell(runs: list[Run]) -> None:
    for run in runs:
        if run.settings["k"] == 2 and run.settings["seed"] == 0:
            run.metrics["metric/fid"] = math.inf
    assert [c.settings["k"] for c in group(runs, "metric/fid", "min")] == [1, 2]


def test_seconds_are_those_of_runs_that_came_to_their_end(runs: list[Run]) -> None:
    seconds = [run.seconds for run in runs if run.status in ("done", "stopped")]
    for run in runs:
        if run.seconds is not None and run.seconds not in seconds:
            run.seconds = 1e9
    assert all(e.mean < 1e6 for c in group(runs, "metric/fid", "min") if (e := c.seconds()))


def test_a_main_effect_is_the_mean_over_all_runs_with_the_value(runs: list[Run]) -> None:
    found = effects(runs, ["k", "seed"], "metric/fid")
    assert {k: e.mean for k, e in found["k"].items()} == {1: 12, 2: 6}
    assert {seed: e.mean for seed, e in found["seed"].items()} == {0: 7.5, 1: 9.5, 2: 14}
    assert effects(runs[:3], ["k"], "metric/fid") == {}


def test_numbers_before_words_before_nothing() -> None:
    assert in_order(["b", None, 10, "a", 9, 0.5]) == [0.5, 9, 10, "a", "b", None]
    assert [show(v) for v in (None, 1 / 3, 10, "a")] == ["-", "0.3333", "10", "a"]
