import json
import math
from pathlib import Path

import pytest

from forger.errors import ForgerError
from forger.files import remove_partial, whole, write_json


def test_the_file_appears_only_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.png"
    with whole(path) as partial:
        partial.write_text("all")
        assert not path.exists()
        assert partial.suffix == ".png"
        assert partial.parent == path.parent
    assert path.read_text() == "all"
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_writer_left_can_be_told_from_all_else(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.ckpt"
    for file in (path, tmp_path / "folder" / ".gitkeep", tmp_path / ".hidden.ckpt"):
        with whole(file) as partial:
            partial.touch()
    before = sorted(tmp_path.rglob("*"))
    with whole(path) as partial:
        partial.touch()
        killed = [partial, tmp_path / partial.name]
    for file in killed:
        file.touch()
    remove_partial(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_who_reads_the_old_file_meanwhile_reads_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with path.open() as reader:
        with whole(path) as partial:
            partial.write_text("new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def fail_halfway(path: Path, error: BaseException) -> None:
    with whole(path) as partial:
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
    with pytest.raises(ForgerError, match=f"^cannot write {path}: Not a directory$"), whole(path):
        pass


def test_numbers_that_are_not_finite_are_null_at_any_depth(tmp_path: Path) -> None:
    value = {"a": math.nan, "b": [1.5, math.inf, {"c": (-math.inf, "NaN", True)}]}
    write_json(tmp_path / "a.json", value)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    read = json.loads((tmp_path / "a.json").read_text(), parse_constant=refuse)
    assert read == {"a": None, "b": [1.5, None, {"c": [None, "NaN", True]}]}
