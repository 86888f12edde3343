import json
import subprocess
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

import forger
from forger.config.overrides import quoted
from forger.runs import record
from forger.runs.record import repository

CONFIG = OmegaConf.create({"seed": 0, "data": {"seed": "${seed}"}})
FACTS = {"shared": [], "data_sha256": "abc"}


def starts(run: Path) -> list[dict]:
    return json.loads((run / "run.json").read_text())


def test_each_start_adds_an_entry_oldest_first(tmp_path: Path) -> None:
    other = OmegaConf.create({"seed": 1})
    record.record(tmp_path, CONFIG, ["model.k=2"], FACTS)
    record.record(tmp_path, other, ["model.k=2", "seed=1"], FACTS)
    first, second = starts(tmp_path)
    assert first["overrides"] == ["model.k=2"]
    assert second["overrides"] == ["model.k=2", "seed=1"]
    assert (first["seed"], second["seed"]) == (0, 1)


def test_the_configuration_is_written_as_it_was_composed(tmp_path: Path) -> None:
    record.record(tmp_path, CONFIG, ["seed=0"], FACTS)
    written = (tmp_path / "config" / "config.yaml").read_text()
    assert written == "seed: 0\ndata:\n  seed: ${seed}\n"
    assert OmegaConf.load(tmp_path / "config" / "overrides.yaml") == ["seed=0"]


def test_an_entry_holds_what_it_takes_to_repeat_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["forger train", "seed=3"])
    record.record(tmp_path, OmegaConf.create({"seed": 3}), ["seed=3"], FACTS)
    (start,) = starts(tmp_path)
    assert start["command"] == ["forger", "train", "seed=3"]
    assert start["data_sha256"] == "abc"
    assert start["packages"]["torch"] == torch.__version__.split("+")[0]
    assert {"pytorch-lightning", "hydra-core", "forger"} <= start["packages"].keys()


def commit_all(folder: Path) -> str:
    """Make all of a folder a repository's commit, whose name is returned."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    for command in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "x"]):
        subprocess.check_call(["git", *command], cwd=folder)
    return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=folder, text=True).strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Forger's source seems to lie in, in no repository yet."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "record.py").write_text("one = 1\n")
    monkeypatch.setattr(record, "__file__", str(folder / "record.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return folder


def test_commit_and_uncommitted_changes_are_those_of_the_checkout(
    checkout: Path, tmp_path: Path
) -> None:
    commit, run = commit_all(checkout), tmp_path / "run"
    record.record(run, CONFIG, [], FACTS)
    assert starts(run)[0]["git_commit"] == commit
    assert starts(run)[0]["git_status"] == []
    assert starts(run)[0]["project"] is None
    assert not (run / "git.diff").exists()

    (checkout / "record.py").write_text("two = 2\n")
    record.record(run, CONFIG, [], FACTS)
    assert starts(run)[1]["git_status"] == [" M record.py"]
    diff = (run / "git.diff").read_text()
    assert "-one = 1" in diff
    assert "+two = 2" in diff


def test_the_repository_of_the_working_directory_is_recorded_too(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, project = commit_all(checkout), tmp_path / "mine"
    (project / "conf").mkdir(parents=True)
    (project / ".gitignore").write_text("outputs\n")
    (project / "größe.py").write_text("width = 1\n")
    commit, run = commit_all(project), project / "outputs" / "run"
    monkeypatch.chdir(project / "conf")
    record.record(run, CONFIG, [], FACTS)
    (project / "größe.py").write_bytes(b"width = 2 # \xe4\n")
    record.record(run, CONFIG, [], FACTS)
    first, second = starts(run)
    assert first["git_commit"] == second["git_commit"] == own
    assert first["project"] == {"folder": str(project), "commit": commit, "status": []}
    assert second["project"]["status"] == [" M größe.py"]
    assert "+width = 2" in (run / "project.diff").read_text()
    assert not (run / "git.diff").exists()


def test_in_the_checkout_itself_there_is_no_other_project(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_all(checkout)
    (checkout / "sub").mkdir()
    monkeypatch.chdir(checkout / "sub")
    record.record(tmp_path / "run", CONFIG, [], FACTS)
    assert starts(tmp_path / "run")[0]["project"] is None


def test_a_project_without_a_commit_is_named(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "mine"
    project.mkdir()
    (project / "new.py").touch()
    subprocess.check_call(["git", "init", "--quiet"], cwd=project)
    monkeypatch.chdir(project)
    record.record(tmp_path / "run", CONFIG, [], FACTS)
    found = starts(tmp_path / "run")[0]["project"]
    assert found == {"folder": str(project), "commit": None, "status": ["?? new.py"]}


def test_new_sources_are_in_the_diff_but_not_those_of_runs_and_not_a_whole_environment(
    checkout: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project, clone = tmp_path / "mine", tmp_path / "clone"
    (project / "conf").mkdir(parents=True)
    (project / "old.py").write_text("old = 1\n")
    commit_all(project)
    subprocess.check_call(["git", "clone", "--quiet", str(project), str(clone)])
    new = {"größe.py": "width = 1\n", "conf/-x.yaml": "a: 1", "old.py": "old = 2\n"}
    for name, text in new.items():
        (project / name).write_text(text)
    monkeypatch.chdir(project)
    for run in ("one", "two"):
        record.record(project / run, CONFIG, [], FACTS)
    subprocess.check_call(["git", "apply", str(project / "two" / "project.diff")], cwd=clone)
    assert {name: (clone / name).read_text() for name in new} == new
    assert not (clone / "one").exists()

    for i in range(record.MOST_FILES):
        (project / f"{i}.py").touch()
    record.record(project / "two", CONFIG, [], FACTS)
    assert "-old = 1" in (project / "two" / "project.diff").read_text()
    assert f"the run does not record 102 new files in {project}" in capsys.readouterr().out


def test_a_forger_installed_below_a_project_has_not_its_commit(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitignore").write_text("checkout\n")
    commit = commit_all(tmp_path)
    record.record(tmp_path / "run", CONFIG, [], FACTS)
    (start,) = starts(tmp_path / "run")
    assert (start["git_commit"], start["git_status"]) == (None, [])
    assert start["project"]["commit"] == commit


def test_outside_of_a_checkout_git_says_nothing(checkout: Path, tmp_path: Path) -> None:
    assert repository(checkout) is None
    record.record(tmp_path / "run", CONFIG, [], FACTS)
    assert starts(tmp_path / "run")[0]["git_commit"] is None
    assert starts(tmp_path / "run")[0]["project"] is None


def test_a_machine_without_git_records_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    record.record(tmp_path, CONFIG, [], FACTS)
    assert starts(tmp_path)[0]["git_commit"] is None
    assert forger.__name__ in starts(tmp_path)[0]["packages"]


def test_a_run_folder_holds_the_configuration_it_was_made_by_and_no_other(tmp_path: Path) -> None:
    made = {"seed": 0, "objective": "metric/fid", "data": {"seed": "${seed}"}}
    assert not record.holds(tmp_path, OmegaConf.create(made))
    record.record(tmp_path, OmegaConf.create(made), [], FACTS)
    assert record.holds(tmp_path, OmegaConf.create(made))
    for start in ({"resume": "somewhere"}, {"name": "x", "trust": ["mine"]}):
        assert record.holds(tmp_path, OmegaConf.create(made | start))
    for other in (
        {"seed": 1},
        {"start": "outputs/runs/another"},
        {"data": {"seed": 0}},
        {"objective": "metric/kid"},
    ):
        assert not record.holds(tmp_path, OmegaConf.create(made | other))


def test_settings_are_what_was_set_last_without_what_all_jobs_share(tmp_path: Path) -> None:
    first = ["model.k=2", "optimizer.generator.lr=1e-3", "name=x", "~logger", "generator=mlp"]
    record.record(tmp_path, CONFIG, first, FACTS | {"shared": ["generator"]})
    resumed = ["resume='there'", "seed=null", "model.k=3", "+generator.widths=[1,2]"]
    record.record(tmp_path, CONFIG, resumed, FACTS)
    assert record.settings(tmp_path) == {
        "seed": 0,
        "model.k": 3,
        "optimizer.generator.lr": 1e-3,
        "generator.widths": "[1, 2]",
    }


@pytest.mark.parametrize("text", ["it's", "a: b", "[x", "'", "größe (2)", "${now:%Y}", "*x"])
def test_settings_may_be_any_text(tmp_path: Path, text: str) -> None:
    record.record(tmp_path, CONFIG, [f"data.folder={quoted(text)}"], FACTS)
    assert record.settings(tmp_path)["data.folder"] == text


def test_a_seed_by_chance_is_that_of_the_run_that_is_there_already(tmp_path: Path) -> None:
    drawn = {record.seed_of(tmp_path) for _ in range(3)}
    assert len(drawn) == 3
    assert all(0 <= seed < 2**32 for seed in drawn)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("seed: null\n")
    assert isinstance(record.seed_of(tmp_path), int)
    record.record(tmp_path, CONFIG, ["seed=null"], FACTS)
    assert record.seed_of(tmp_path) == 0


def test_programs_that_a_repository_names_are_not_started(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".gitattributes").write_text("*.py diff=shown\n")
    commit_all(checkout)
    mark = tmp_path / "started"
    for key in ("core.fsmonitor", "diff.external", "diff.shown.textconv", "diff.shown.command"):
        subprocess.check_call(["git", "config", key, f"touch {mark};:"], cwd=checkout)
    (checkout / "record.py").write_text("two = 2\n")
    record.record(tmp_path / "run", CONFIG, [], FACTS)
    assert starts(tmp_path / "run")[0]["git_status"] == [" M record.py"]
    assert "+two = 2" in (tmp_path / "run" / "git.diff").read_text()
    assert not mark.exists()
