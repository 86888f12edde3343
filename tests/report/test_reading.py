import os
import time
from pathlib import Path

import pytest
import yaml

from fake_runs import leave_run
from forger.report.reading import (
    QUIET_SECONDS,
    Run,
    find_runs,
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


def test_a_run_without_a_summary_is_running_while_it_writes_and_interrupted_after(
    sweep: Path,
) -> None:
    folder = sweep / "11_k-1_seed-3"
    run = read_run(folder)
    assert (run.status, run.updates, run.metrics["metric/fid"]) == ("running", 10, 3.0)
    # The clock may have been set back since.
    for away in (-QUIET_SECONDS - 60, QUIET_SECONDS + 60):
        written = time.time() - away
        for file in folder.iterdir():
            os.utime(file, (written, written))
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
