"""`forger new`: a project of one's own that runs at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from command_line import FORGER, run_command, succeed
from conftest import Forger
from forger.verbs.new import TEMPLATE
from full_disk import full_disk

SHORT = ("trainer.log_every_n_steps=5", "data.size=500", "callbacks.measure.n=100")


def test_a_project_bears_its_name_everywhere(forger: Forger, tmp_path: Path) -> None:
    printed = forger("new", "my_thing")
    assert "cd my_thing && forger train experiment=moons" in printed
    made = {str(f.relative_to(tmp_path / "my_thing")) for f in tmp_path.rglob("*") if f.is_file()}
    template = {
        str(f.relative_to(TEMPLATE)).replace("my_project", "my_thing")
        for f in TEMPLATE.rglob("*")
        if f.is_file() and not {"__pycache__", ".ruff_cache"} & set(f.parts)
    }
    assert made == template
    assert {".gitignore", ".github/workflows/tests.yml", "CITATION.cff"} <= made
    for file in made:
        assert "my_project" not in (tmp_path / "my_thing" / file).read_text(), file
    assert [child.name for child in tmp_path.iterdir()] == ["my_thing"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("there", "exists already: give another name, or remove it"),
        ("my-project", "(=my-project) is not a name for a package"),
        ("a/b", "(=a/b) is not a name for a package"),
        ("class", "(=class) is not a name for a package"),
        ("가짜", "(=가짜) is not a name for a package"),
        ("mine_", "(=mine_) is not a name for a package"),
        ("conf", "(=conf) is a folder of every project: give another one"),
        ("torch", "(=torch) is the name of an installed package"),
        ("..", "(=..) is not a name for a package: give English letters"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_written(
    forger: Forger, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    assert sentence in forger("new", name)
    assert [str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*")] == [
        "there",
        "there/mine.txt",
    ]


def test_a_copy_that_fails_leaves_nothing(
    forger: Forger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with full_disk(100):
        assert forger("new", "my_thing") == "forger: cannot write my_thing: File too large\n"
    monkeypatch.setattr(Path, "rename", full)
    assert "cannot write my_thing: No space left on device" in forger("new", "my_thing")
    assert list(tmp_path.iterdir()) == []


def test_a_project_names_every_option_of_its_own_in_its_experiment() -> None:
    """So that its own test is one of all of them."""
    chosen = yaml.safe_load((TEMPLATE / "conf/experiment/moons.yaml").read_text())["defaults"]
    options = {f"{f.parent.name}/{f.stem}" for f in TEMPLATE.glob("conf/*/*.yaml")}
    named = {
        f"{key.removeprefix('override /')}/{option}"
        for entry in chosen
        for key, value in entry.items()
        for option in ([value] if isinstance(value, str) else value)
    }
    assert options - named == {"experiment/moons", "sweep/width_k"}


@pytest.mark.slow
def test_a_project_trains_goes_on_sweeps_and_reports_without_being_told_whom_to_trust(
    tmp_path: Path,
) -> None:
    succeed(tmp_path, "new", "my_thing")
    project = tmp_path / "my_thing"
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all of it"]):
        who = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
        subprocess.run(["git", *who, *command], cwd=project, check=True)
    run = "outputs/runs/moons/first"

    succeed(project, "train", "experiment=moons", *SHORT, "trainer.max_steps=10", "name=first")
    assert "trust=" not in succeed(project, "train", f"resume={run}", "trainer.max_steps=20")
    assert "trust=" not in succeed(project, "info", run)
    assert "array" in succeed(project, "sample", run, "npz=true")
    few = [*SHORT, "trainer.max_steps=5", "model.k=1", "name=s"]
    succeed(project, "train", "-m", "experiment=moons", "+sweep=width_k", "seed=0", *few)
    assert "2 runs" in succeed(project, "report", "outputs/sweeps/s")

    starts = json.loads((project / run / "run.json").read_text())
    assert [Path(start["project"]["folder"]) for start in starts] == [project.resolve()] * 2
    assert starts[0]["project"]["status"] == []
    assert json.loads((project / run / "summary.json").read_text())["updates"] == 20

    # In the folder of a run, which may be a stranger's, no project file is read.
    stranger = project / run
    (stranger / "pyproject.toml").write_text("[tool.forger]\npackage = 'my_thing'\n")
    refused = run_command(stranger, "sample", ".", "npz=true", PYTHONPATH=str(project))
    assert refused.returncode == 2
    assert "give 'trust=[my_thing]'" in refused.stderr


@pytest.mark.slow
def test_a_projects_own_test_and_linter_pass(tmp_path: Path) -> None:
    succeed(tmp_path, "new", "my_thing")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=tmp_path / "my_thing", env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    for lint in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *lint, "--no-cache", "."]
        done = subprocess.run(command, cwd=tmp_path / "my_thing", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_the_words_of_a_missing_name_are_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run([*FORGER, "new"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "forger: name is not set: give name=...\n")


@pytest.mark.slow
def test_the_notebook_of_a_project_runs_in_it(tmp_path: Path) -> None:
    succeed(tmp_path, "new", "my_thing")
    project = tmp_path / "my_thing"
    notebook = nbformat.read(project / "first_run.ipynb", as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert '"trainer.max_steps=1000"' in first.source
    shorter = ", ".join(f'"{setting}"' for setting in ("trainer.max_steps=20", *SHORT))
    first.source = first.source.replace('"trainer.max_steps=1000"', shorter)
    NotebookClient(notebook, resources={"metadata": {"path": project}}).execute()
    shown = [o for cell in notebook.cells for o in cell.get("outputs", []) if "data" in o]
    assert sum("image/png" in output.data for output in shown) == 2
    assert "fid" in shown[-1].data["text/plain"]
