import json
import math
import os
from pathlib import Path
from typing import TypedDict

import pytest

from forger.errors import ForgerError
from forger.runs.files import atomic_write, read, remove_partial, write_json


def test_the_file_appears_only_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.png"
    with atomic_write(path) as partial:
        partial.write_text("all")
        assert not path.exists()
        assert partial.suffix == ".png"
        assert partial.parent == path.parent
    assert path.read_text() == "all"
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_writer_left_can_be_told_from_all_else(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints" / "a.ckpt"
    # A run below the folder may be writing.
    other = tmp_path / "other" / "checkpoints" / f".{32 * 'a'}.ckpt"
    for file in (path, other, path.with_name(".gitkeep"), tmp_path / ".hidden.ckpt"):
        with atomic_write(file) as partial:
            partial.touch()
    before = sorted(tmp_path.rglob("*"))
    with atomic_write(path) as partial:
        partial.touch()
        killed = [partial, tmp_path / partial.name]
    for file in killed:
        file.touch()
    remove_partial(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_with_the_name_of_what_a_killed_writer_left_stays(tmp_path: Path) -> None:
    folder = tmp_path / f".{32 * 'a'}.png"
    folder.mkdir()
    remove_partial(tmp_path)
    assert folder.is_dir()


def test_who_reads_the_old_file_meanwhile_reads_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with path.open() as reader:
        with atomic_write(path) as partial:
            partial.write_text("new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def fail_halfway(path: Path, error: BaseException) -> None:
    with atomic_write(path) as partial:
        partial.write_text("half")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_after_an_error_the_old_file_is_there_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error):
        fail_halfway(path, error())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_first_file_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(ForgerError, match=f"^cannot write {path}: disk full$"):
        fail_halfway(path, OSError("disk full"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_told_by_the_file_that_was_to_lie_there(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    path = tmp_path / "a" / "b" / "c.txt"
    with (
        pytest.raises(ForgerError, match=f"^cannot write {path}: Not a directory$"),
        atomic_write(path),
    ):
        pass


def test_nan_is_null_and_infinity_a_number_of_json_at_any_depth(tmp_path: Path) -> None:
    value = {"a": math.nan, "b": [1.5, math.inf, {"c": (-math.inf, '\\"NaN', True)}]}
    write_json(tmp_path / "a.json", value)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    read = json.loads((tmp_path / "a.json").read_text(), parse_constant=refuse)
    assert read == {"a": None, "b": [1.5, math.inf, {"c": [-math.inf, '\\"NaN', True]}]}


class Shape(TypedDict):
    name: str
    counts: dict[str, float | None]


GOOD = '{"name": "a", "counts": {"b": 2, "c": null}, "more": []}'


def test_what_has_its_shape_is_read_whatever_else_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(GOOD)
    assert read(tmp_path / "a.json", json.loads, Shape, "restore it") == json.loads(GOOD)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (GOOD.encode()[:20], "Unterminated string"),
        (b"[]", r"its content \(=\[\]\) should be a dictionary"),
        (b"null", r"its content \(=null\) should be a dictionary"),
        (b"{}", "its content lacks counts"),
        (b'{"name": 3, "counts": {}}', r"its content.name \(=3\) should be a text"),
        (b'{"name": "", "counts": {"b": "x"}}', r"its content.counts.b \(=x\) should be"),
        (b'{"name": "\xe9"}', "'utf-8' codec can't decode"),
        (b"[" * 99_999, "maximum recursion depth"),
        (b"1" * 5000, "Exceeds the limit"),
        (None, "it is not a file"),
    ],
)
def test_a_damaged_file_is_told_in_one_line_with_its_remedy(
    tmp_path: Path, content: bytes | None, fault: str
) -> None:
    file = tmp_path / "a.json"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(ForgerError, match=f"a.json is damaged: {fault}.*; restore it") as caught:
        read(file, json.loads, Shape, "restore it")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(GOOD)
    file.chmod(0)
    with pytest.raises(ForgerError, match=r"cannot read .*a.json: Permission denied; restore it"):
        read(file, json.loads, Shape, "restore it")
