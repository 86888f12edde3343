"""[tool.forger] of the working directory."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import new_interpreter
from conftest import Forger
from forger import compose
from forger.config.project import (
    Project,
    find_project,
    import_from_working_directory,
    is_run_folder,
    trusted_packages,
)
from forger.errors import ForgerError
from tiny import LINE


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_project_says_where_its_configurations_are_and_whom_to_trust(tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    Path("pyproject.toml").write_text('[tool.forger]\nconf = "settings"\npackage = "mine"\n')
    assert find_project() == Project(tmp_path.resolve() / "settings", "mine")
    assert trusted_packages() == ["mine"]


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "[tool.ruff]\n"])
def test_a_folder_without_one_is_no_project(text: str) -> None:
    assert find_project() == Project()
    Path("pyproject.toml").write_text(text)
    assert find_project() == Project()
    assert trusted_packages() == []


@pytest.mark.parametrize("file", ["run.json", "config/config.yaml"])
def test_a_run_folder_is_none_whatever_lies_in_it(file: str) -> None:
    Path("pyproject.toml").write_text("[tool.forger]\npackage = 'evil'\n")
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_text("{}")
    assert is_run_folder(Path.cwd())
    assert find_project() == Project()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[tool.forger", "cannot be read"),
        ("tool = 1", "cannot be read"),
        ("[tool]\nforger = 1", "may have only texts"),
        ("[tool.forger]\nconf = ['a']", "may have only texts"),
        ("[tool.forger]\nconfig = 'a'", "has an unknown setting config"),
        ("[tool.forger]\nconf = 'nowhere'", r"conf \(=nowhere\) of .* is not a folder"),
        ("[tool.forger]\npackage = 'a b'", r"package \(=a b\) .* is not the name of a package"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(text: str, sentence: str) -> None:
    Path("pyproject.toml").write_text(text)
    with pytest.raises(ForgerError, match=sentence):
        find_project()


def test_its_options_are_found_and_a_given_search_path_is_taken_instead(
    forger: Forger, tmp_path: Path
) -> None:
    for folder, gamma in (("conf", 1.0), ("other", 2.0)):
        (tmp_path / folder / "penalty").mkdir(parents=True)
        text = f"mine:\n  _target_: forger.penalties.R1\n  gamma: {gamma}\n  every: 1\n"
        (tmp_path / folder / "penalty" / "mine.yaml").write_text(text)
    assert "conf/penalty/mine.yaml is there, but" in forger("train", "penalty=mine")
    Path("pyproject.toml").write_text("[tool.forger]\nconf = 'conf'\n")
    assert "gamma: 1.0" in forger("train", "penalty=mine", "--cfg", "job")
    (tmp_path / "conf" / "experiment").mkdir()
    for text in ("seed: 5\n", "defaults: [{override /loss: hinge}]\n"):
        (tmp_path / "conf" / "experiment" / "bare.yaml").write_text(text)
        assert "begin it with the line # @package _global_" in forger("train", "experiment=bare")
    given = f"hydra.searchpath=[file://{tmp_path / 'other'}]"
    assert "gamma: 2.0" in forger("train", given, "penalty=mine", "--cfg", "job")
    assert "did you mean mine?" in forger("train", "penalty=mime", "--cfg", "job")


@pytest.mark.skipif(sys.platform == "win32", reason="there no one removes it")
@pytest.mark.parametrize("looks", [import_from_working_directory, find_project, compose])
def test_a_working_directory_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: Callable[[], object]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ForgerError, match="the working directory is there no more: cd to another"):
        looks()


def test_a_run_does_not_make_a_run_folder_of_a_project(forger: Forger) -> None:
    forger("new", "painter")
    said = forger("train", *LINE, "trainer.max_steps=1", "hydra.run.dir=painter")
    assert re.fullmatch(r"forger: hydra.run.dir \(=.*\) is the folder of a project: .*\n", said)
    assert not Path("painter", "run.json").exists()
    # One that was there before is a run, whatever lies in it.
    Path("run").mkdir()
    forger("train", *LINE, "trainer.max_steps=1", "hydra.run.dir=run")
    Path("run", "pyproject.toml").touch()
    assert "done before" in forger("train", *LINE, "trainer.max_steps=1", "hydra.run.dir=run")


def test_a_class_that_lies_in_a_run_folder_is_not_imported_from_there_and_this_is_said(
    forger: Forger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(tmp_path)])
    Path("own_callback.py").write_text("from pytorch_lightning import Callback as Own\n")
    settings = ["+callbacks.own._target_=own_callback.Own", "trainer.max_steps=1"]
    Path("run.json").touch()
    said = forger("train", *LINE, *settings, "hydra.run.dir=run")
    assert "No module named 'own_callback'; nothing is imported from here, a run folder: " in said


@pytest.mark.parametrize(
    "entry",
    ["override /loss: smoothed", "override /callbacks: [checkpoint, smoothed]", "smoothed"],
)
def test_a_file_of_ones_own_that_names_an_option_that_is_not_there_is_named(
    forger: Forger, entry: str
) -> None:
    file = Path("conf/experiment/mine.yaml")
    file.parent.mkdir(parents=True)
    file.write_text(f"# @package _global_\ndefaults:\n  - {entry}\n")
    Path("pyproject.toml").write_text("[tool.forger]\nconf = 'conf'\n")
    said = forger("train", "experiment=mine")
    assert "has no option smoothed" in said
    assert said.endswith(f" ({file} names it)\n")
    # One that was typed is of no file.
    assert " names it" not in forger("train", "loss=smooth")


def test_a_file_that_hides_a_package_is_named(tmp_path: Path) -> None:
    Path("numpy.py").write_text("x = 1\n")
    # This one hides nothing that is imported.
    Path("tests").mkdir()
    Path("tests", "__init__.py").touch()
    done = new_interpreter(tmp_path, "sample", "ckpt=zoo:mnist")
    assert done.returncode == 2
    said = f"{tmp_path}/numpy.py hides the installed package numpy: give it another name\n"
    assert done.stderr.startswith("forger: ")
    assert done.stderr.endswith(said)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import nowhere_to_be_found", 1),
        ("x = 1\nclass Own(nn.Module): ...", 2),
        ("class Own:\n    def __init__(self) -> None:\n        raise ValueError('bad luck')", 3),
    ],
    ids=["import", "class", "constructor"],
)
def test_the_line_of_ones_own_file_that_fails_is_told(forger: Forger, text: str, line: int) -> None:
    name = f"own_{line}_{len(text)}"
    Path(f"{name}.py").write_text(text)
    said = forger("train", *LINE, f"loss._target_={name}.Own")
    assert said.endswith(f" ({name}.py, line {line})\n")
