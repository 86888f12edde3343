import math
from typing import Any

import pytest
from scipy.stats import t, ttest_ind

from forger.report.statistics import against_first, digits, estimate, holm


def test_the_interval_is_scipys_own_of_students_t() -> None:
    found = estimate([10.0, 12.0, 17.0])
    low, high = t.interval(0.95, 2, loc=13, scale=(13 / 3) ** 0.5)  # variance 13
    assert (found.mean, found.n) == (13, 3)
    assert found.half == pytest.approx((high - low) / 2)
    assert str(found) == "13.0 ± 9.0"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([2.5], "2.5"),
        ([1.44, 2.08, math.inf], "1.8 ± 4.1 (2 of 3)"),
        ([2.5, math.nan, None], "2.5 (1 of 3)"),
        ([None, -math.inf], "- (0 of 2)"),
        ([], "-"),
    ],
)
def test_a_mean_says_of_how_many_runs_it_is(values: list[float | None], shown: str) -> None:
    assert str(estimate(values)) == shown


@pytest.mark.parametrize(
    ("mean", "half", "shown"),
    [
        (0.007461, 0.018, "0.007 ± 0.018"),
        (1.5, 0.0996, "1.50 ± 0.10"),
        (12345.6, 678.9, "12350 ± 680"),
        (8, 0, "8 ± 0"),
        (-0.5, 3, "-0.5 ± 3.0"),
        (1.234e-7, 3e-8, "1.23e-07 ± 3.0e-08"),
        (1.234e12, 3e13, "1e+12 ± 3.0e+13"),
    ],
)
def test_a_mean_and_its_interval_end_at_the_same_place(
    mean: float, half: float, shown: str
) -> None:
    assert " ± ".join(digits(mean, half)) == shown


def test_the_correction_is_that_of_holms_paper() -> None:
    # By hand: 4 x 0.005, 3 x 0.01, then 2 x 0.03 and, not less, 0.04.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]


def test_each_mean_is_tested_against_the_first_where_both_have_two_values() -> None:
    first, second, third = [1.0, 2.0, 1.5], [2.0, 4.0], [9.0, 9.0, 9.5, 8.0]
    pairs: list[Any] = [(first, second), (first, third), (second, third)]
    results: list[Any] = [ttest_ind(*pair, equal_var=False) for pair in pairs]
    # The first row is the best of all: a comparison of the others counts, too.
    second_p, third_p, _ = holm([result.pvalue for result in results])
    found = against_first([*map(estimate, (first, second, [3.0, math.inf], third))])
    assert found == [None, pytest.approx(second_p), None, pytest.approx(third_p)]
    assert found[3] == pytest.approx(3 * results[1].pvalue)
    assert against_first([estimate([8.0, 8.0]), estimate([7.0, 7.0])]) == [None, None]
    # Against a constant it is Student's test of one sample, here with t = 1.
    found = against_first([estimate([3.0, 3.0, 3.0]), estimate([3.0, 4.0, 3.0])])
    assert found == [None, pytest.approx(2 * t.sf(1, 2))]
