"""Tests train networks so small that a second thread costs more than it gives."""

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_runs import leave_sweep
from forger.cli import main

Forger = Callable[..., str]

# Read by torch when it is imported, here and in the commands that tests start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # they report to nobody


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with many slow tests come first: a long one at the end leaves the other cores idle."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def pytest_collection_finish() -> None:
    """What is imported is no garbage: each job of a sweep would look through it, for half a second.

    `forger` does the same when it imports a verb, which has been imported here.
    """
    gc.freeze()


@pytest.fixture(autouse=True)
def _seed() -> None:
    """What a test draws is the same in any order of the tests."""
    # The process that hands out the tests imports this file too, and needs no torch.
    import torch

    torch.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def _event_files_in_order() -> None:
    """TensorBoard reads files of the same second by name, in which number 10 comes before 9."""
    from tensorboard.summary.writer import event_file_writer

    event_file_writer._global_uid = event_file_writer.AtomicCounter(10**6)


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Eight runs of two settings as they would have been left, see `leave_sweep`."""
    return leave_sweep(tmp_path / "sweep")


@pytest.fixture
def forger(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Forger:
    """Runs a command in tmp_path; what it prints, or the sentence it is refused with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["forger", *arguments])
        monkeypatch.setenv("HYDRA_FULL_ERROR", "")
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        printed = capsys.readouterr()
        if code == 0:
            return printed.out
        assert code == 2, printed.err
        assert printed.err.startswith("forger: ")
        assert printed.err.count("\n") == 1
        return printed.err

    return run
