import json
import subprocess
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

import forger
from forger import record
from forger.record import git

CONFIG = OmegaConf.create({"seed": 0, "data": {"seed": "${seed}"}})


def starts(run: Path) -> list[dict]:
    return json.loads((run / "run.json").read_text())


def test_each_start_adds_an_entry_oldest_first(tmp_path: Path) -> None:
    other = OmegaConf.create({"seed": 1})
    record.record(tmp_path, CONFIG, ["model.k=2"], "abc")
    record.record(tmp_path, other, ["model.k=2", "seed=1"], "abc")
    first, second = starts(tmp_path)
    assert first["overrides"] == ["model.k=2"]
    assert second["overrides"] == ["model.k=2", "seed=1"]
    assert (first["seed"], second["seed"]) == (0, 1)


def test_the_configuration_is_written_as_it_was_composed(tmp_path: Path) -> None:
    record.record(tmp_path, CONFIG, ["seed=0"], "abc")
    written = (tmp_path / "config" / "config.yaml").read_text()
    assert written == "seed: 0\ndata:\n  seed: ${seed}\n"
    assert OmegaConf.load(tmp_path / "config" / "overrides.yaml") == ["seed=0"]


def test_an_entry_holds_what_it_takes_to_repeat_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["forger train", "seed=3"])
    record.record(tmp_path, OmegaConf.create({"seed": 3}), ["seed=3"], "abc")
    (start,) = starts(tmp_path)
    assert start["command"] == ["forger", "train", "seed=3"]
    assert start["data_sha256"] == "abc"
    assert start["packages"]["torch"] == torch.__version__.split("+")[0]
    assert {"pytorch-lightning", "hydra-core", "forger"} <= start["packages"].keys()


def test_commit_and_uncommitted_changes_are_those_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, run = tmp_path / "checkout", tmp_path / "run"
    checkout.mkdir()
    code = checkout / "record.py"
    code.write_text("one = 1\n")

    def in_checkout(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
        command = ["git", *identity, *arguments]
        return subprocess.check_output(command, cwd=checkout, text=True)

    in_checkout("init", "--quiet")
    in_checkout("add", ".")
    in_checkout("commit", "--quiet", "-m", "first")
    monkeypatch.setattr(record, "__file__", str(code))

    record.record(run, CONFIG, [], "abc")
    assert starts(run)[0]["git_commit"] == in_checkout("rev-parse", "HEAD").strip()
    assert starts(run)[0]["git_status"] == []
    assert not (run / "git.diff").exists()

    code.write_text("two = 2\n")
    record.record(run, CONFIG, [], "abc")
    assert starts(run)[1]["git_status"] == [" M record.py"]
    diff = (run / "git.diff").read_text()
    assert "-one = 1" in diff
    assert "+two = 2" in diff


def test_outside_of_a_checkout_git_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "__file__", str(tmp_path / "record.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git("rev-parse", "HEAD") is None
    record.record(tmp_path / "run", CONFIG, [], "abc")
    assert starts(tmp_path / "run")[0]["git_commit"] is None


def test_a_machine_without_git_records_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    record.record(tmp_path, CONFIG, [], "abc")
    assert starts(tmp_path)[0]["git_commit"] is None
    assert forger.__name__ in starts(tmp_path)[0]["packages"]


def test_a_run_folder_holds_the_configuration_it_was_made_by_and_no_other(tmp_path: Path) -> None:
    assert not record.holds(tmp_path, CONFIG)
    record.record(tmp_path, CONFIG, [], "abc")
    assert record.holds(tmp_path, CONFIG)
    resumed = OmegaConf.create({"seed": 0, "data": {"seed": "${seed}"}, "resume": "somewhere"})
    assert record.holds(tmp_path, resumed)
    assert not record.holds(tmp_path, OmegaConf.create({"seed": 1, "data": {"seed": "${seed}"}}))
    assert not record.holds(tmp_path, OmegaConf.create({"seed": 0, "data": {"seed": 0}}))


def test_settings_are_what_was_set_last_without_what_all_jobs_share(tmp_path: Path) -> None:
    first = ["model.k=2", "optimizer.generator.lr=1e-3", "name=x", "~logger", "generator=mlp"]
    record.record(tmp_path, CONFIG, first, "abc", shared=["generator"])
    resumed = ["resume='there'", "seed=null", "model.k=3", "+generator.widths=[1,2]"]
    record.record(tmp_path, CONFIG, resumed, "abc")
    assert record.settings(tmp_path) == {
        "seed": 0,
        "model.k": 3,
        "optimizer.generator.lr": 1e-3,
        "generator.widths": "[1, 2]",
    }


def test_a_seed_by_chance_is_that_of_the_run_that_is_there_already(tmp_path: Path) -> None:
    drawn = {record.seed_of(tmp_path) for _ in range(3)}
    assert len(drawn) == 3
    assert all(0 <= seed < 2**32 for seed in drawn)
    record.record(tmp_path, CONFIG, ["seed=null"], "abc")
    assert record.seed_of(tmp_path) == 0
