import math
import os
import resource
from pathlib import Path

import pytest

from forger.errors import ForgerError
from forger.runs.curves import append, purge, read_curves


def test_points_come_back_as_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path) == {}
    append(tmp_path, {"a": 1.5, "b": 1e-300}, step=50)
    append(tmp_path, {"metric": 7.0}, step=50)
    append(tmp_path, {"a": 4.0, "b": 3.0}, step=100)
    assert read_curves(tmp_path) == {
        "a": {50: 1.5, 100: 4.0},
        "b": {50: 1e-300, 100: 3.0},
        "metric": {50: 7.0},
    }


def test_nan_is_null_in_the_file_and_infinity_stays_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "curves.jsonl"
    file.write_text('{"step": 1, "a": NaN, "b": -Infinity}\n')  # as it was written once
    append(tmp_path, {"a": math.inf, "b": math.nan}, step=2)
    purge(tmp_path, 3)
    first, second = file.read_text().splitlines()
    assert first == '{"step": 1, "a": null, "b": -1e999}'
    assert second == '{"step": 2, "a": 1e999, "b": null}'
    curves = read_curves(tmp_path)
    assert (curves["a"][2], curves["b"][1]) == (math.inf, -math.inf)
    assert math.isnan(curves["a"][1])
    assert math.isnan(curves["b"][2])


def test_a_line_cut_short_is_no_point_and_goes_with_the_points_that_are_made_again(
    tmp_path: Path,
) -> None:
    for step in (50, 100, 150):
        append(tmp_path, {"a": step / 2}, step)
    file = tmp_path / "curves.jsonl"
    file.write_text(file.read_text() + '{"step": 200, "a": 1')
    assert list(read_curves(tmp_path)["a"]) == [50, 100, 150]
    purge(tmp_path, 101)
    append(tmp_path, {"a": 9.0}, 150)
    assert read_curves(tmp_path) == {"a": {50: 25.0, 100: 50.0, 150: 9.0}}
    assert file.read_text().count("\n") == 3


def test_a_run_that_starts_over_keeps_none(tmp_path: Path) -> None:
    append(tmp_path, {"a": 1.0}, 50)
    purge(tmp_path, 0)
    assert read_curves(tmp_path) == {}


def test_a_full_disk_leaves_no_half_of_a_line(tmp_path: Path) -> None:
    append(tmp_path, {"a": 1.0}, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30, before[1]))
    try:
        with pytest.raises(ForgerError, match=r"cannot write .*File too large"):
            append(tmp_path, {"a": 2.0}, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    append(tmp_path, {"a": 3.0}, 3)
    assert read_curves(tmp_path) == {"a": {1: 1.0, 3: 3.0}}


@pytest.mark.parametrize(
    "line",
    [b"[]", b"{}", b"3", b"{", b"\xff", b'{"step": "1"}', b'{"step": 1, "a": "2"}', b"[" * 9999],
)
def test_a_line_that_is_no_point_is_named(tmp_path: Path, line: bytes) -> None:
    append(tmp_path, {"a": 1.0}, 1)
    (tmp_path / "curves.jsonl").open("ab").write(line + b"\n")
    with pytest.raises(ForgerError, match=r"curves\.jsonl is damaged: line 2 is not a point"):
        read_curves(tmp_path)


@pytest.mark.parametrize("step", [-1, 10**300])
def test_a_number_of_updates_that_cannot_be_is_no_point(tmp_path: Path, step: int) -> None:
    append(tmp_path, {"a": 1.0}, step)
    with pytest.raises(ForgerError, match="line 1 is not a point of a curve"):
        read_curves(tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_has_no_end_is_not_read(tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / "curves.jsonl")
    else:
        (tmp_path / "curves.jsonl").symlink_to("/dev/zero")
    with pytest.raises(ForgerError, match=r"curves.jsonl is damaged: it is not a file"):
        read_curves(tmp_path)
