import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from fake_runs import leave_run
from forger.report.reading import (
    QUIET_SECONDS,
    Run,
    distinct,
    find_runs,
    keep_differences,
    parse_config,
    read_run,
    read_runs,
)


def read(*folders: Path) -> list[Run]:
    return [read_run(folder) for folder in folders]


def test_runs_are_found_at_any_depth_in_the_order_of_jobs(sweep: Path) -> None:
    leave_run(sweep / "nested" / "deep", {}, {})
    names = [run.name.split("_")[0] for run in find_runs(sweep)]
    assert names == ["deep", "0", "1", "2", "3", "4", "5", "10", "11"]
    assert list(find_runs(sweep / "11_k-1_seed-3")) == [sweep / "11_k-1_seed-3"]


def test_the_settings_kept_are_those_that_differ_and_no_echo_of_them(sweep: Path) -> None:
    runs = read(*find_runs(sweep))
    assert keep_differences(runs) == ["seed", "k"]
    assert runs[3].settings == {"seed": 0, "k": 2}


def test_another_class_is_one_setting_with_what_comes_along(tmp_path: Path) -> None:
    def folder(i: int, loss: str, **more: object) -> Path:
        settings = {"loss._target_": f"forger.losses.{loss}"} | {
            f"loss.{k}": v for k, v in more.items()
        }
        return leave_run(tmp_path / str(i), settings, {1: 1.0})

    fixed = read(folder(0, "Hinge"), folder(1, "Hinge"), folder(2, "Mine", margin=0.1))
    assert keep_differences(fixed) == ["loss"]
    assert [run.settings["loss"] for run in fixed] == ["Hinge", "Hinge", "Mine"]
    swept = read(folder(3, "Hinge"), folder(4, "Mine", margin=0.1), folder(5, "Mine", margin=0.2))
    assert keep_differences(swept) == ["loss", "margin"]
    assert [run.settings["margin"] for run in swept] == [None, 0.1, 0.2]


def test_an_empty_group_is_told_by_what_fills_it(tmp_path: Path) -> None:
    none = leave_run(tmp_path / "0", {"penalty": {}}, {})
    one = leave_run(tmp_path / "1", {"penalty": {"r1": {"_target_": "a.R1", "gamma": 1}}}, {})
    runs = read(none, one)
    assert keep_differences(runs) == ["r1"]
    assert [run.settings["r1"] for run in runs] == [None, "R1"]


def test_a_run_without_a_summary_is_running_while_it_writes_and_interrupted_after(
    sweep: Path,
) -> None:
    folder = sweep / "11_k-1_seed-3"
    run = read_run(folder)
    assert (run.status, run.updates, run.metrics["metric/fid"]) == ("running", 10, 3.0)
    long_ago = time.time() - QUIET_SECONDS - 60
    for file in folder.iterdir():
        os.utime(file, (long_ago, long_ago))
    assert read_run(folder).status == "interrupted"
    checkpoint = folder / "checkpoints" / "last.ckpt"
    checkpoint.parent.mkdir()
    checkpoint.touch()
    assert read_run(folder).status == "running"


def test_only_runs_that_ended_in_health_are_judged_but_all_have_their_best(sweep: Path) -> None:
    finals = [run.final("metric/fid") for run in read(*find_runs(sweep))]
    assert finals == [10, 12, 14, 5, 7, None, None, None]
    bests = [run.best("metric/fid", "min") for run in read(*find_runs(sweep))]
    assert bests == [9, 11, 13, 4, 6, 1, None, 3]
    assert read_run(sweep / "0_k-1_seed-0").best("metric/fid", "max") == 10


def test_a_copy_of_a_run_is_one_and_the_one_that_came_furthest_stays(sweep: Path) -> None:
    runs = read(*find_runs(sweep))
    copy = replace(runs[2], folder=sweep / "copy", updates=runs[2].updates + 1)
    other = replace(runs[3], settings={**runs[3].settings, "seed": 99})
    found = distinct([*runs, copy, other])
    assert found == [*runs[:2], copy, *runs[3:], other]


def test_what_observes_and_what_refers_to_others_is_no_setting(tmp_path: Path) -> None:
    for i, every in enumerate((10, 20)):
        settings = {"model.k": i, "callbacks.grid.rows": i, "metrics.frechet.n": i}
        settings |= {"data.minibatches": "${model.k}"} if i else {}
        leave_run(tmp_path / str(i), settings | {"callbacks.doctor.patience": every}, {})
    runs = read(*find_runs(tmp_path))
    assert keep_differences(runs) == ["k"]
    # But for what somebody set.
    starts = [{"overrides": ["callbacks.doctor.patience=20", "+metrics=[frechet,other]"]}]
    (tmp_path / "1" / "run.json").write_text(json.dumps(starts))
    runs = read(*find_runs(tmp_path))
    assert keep_differences(runs) == ["k", "patience", "n"]


def test_runs_of_several_folders_are_read_once_each(sweep: Path) -> None:
    runs, left_out = read_runs([sweep / "0_k-1_seed-0", sweep, sweep])
    assert sorted(run.folder.name for run in runs) == sorted(f.name for f in find_runs(sweep))
    assert left_out == {}


@pytest.mark.parametrize(
    "text",
    [
        "seed: 0\n'n': 1\nmodel:\n  x: null\nlist:\n- 1\n- a: b\n# comment\nlast: [1, 2]\n",
        "# begins with a comment\nseed: 0\n",
        "---\nseed: 0\n",
        "{seed: 0}\n",
        "- seed\n",
        "{seed: 0,\nmodel: {k: 2}}\n",
        'seed: 0\nname: "of two\nlines"\n',
        "a: &x\n  b: 1\nc: *x\n",
        "text: |\n  seed: 1\n\n  two\nseed: 0\n",
        "seed: 1\nseed: 2\n",
    ],
)
def test_a_configuration_in_parts_is_what_yaml_reads(text: str) -> None:
    assert parse_config(text) == yaml.safe_load(text)
