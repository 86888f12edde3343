import sys
from types import SimpleNamespace

import pytest

from forger.runs import terminal as module
from forger.runs.terminal import in_terminal, show_progress, show_work


@pytest.mark.parametrize(
    ("isatty", "environment", "terminal"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"SLURM_JOB_ID": "7", "SLURM_JOB_NAME": "train.sh"}, False),
        (True, {"SLURM_JOB_ID": "7"}, False),
        (True, {"SLURM_JOB_ID": "7", "SLURM_JOB_NAME": "interactive"}, True),
        (True, {"SLURM_JOB_ID": "7", "SLURM_JOB_NAME": "bash"}, True),
        (False, {"SLURM_JOB_ID": "7", "SLURM_JOB_NAME": "bash"}, False),
    ],
)
def test_a_batch_job_of_slurms_has_no_terminal_whatever_it_looks_like(
    monkeypatch: pytest.MonkeyPatch, isatty: bool, environment: dict[str, str], terminal: bool
) -> None:
    for name in ("SLURM_JOB_ID", "SLURM_JOB_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: isatty))
    assert in_terminal() == terminal


def test_no_stream_at_all_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert not in_terminal()


@pytest.mark.parametrize("terminal", [True, False])
def test_work_is_a_plain_line_where_nobody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    monkeypatch.setattr(module, "in_terminal", lambda: terminal)
    monkeypatch.setenv("FORCE_COLOR", "1")  # so that rich would draw
    with show_work("measuring samples"):
        pass
    drawn = capsys.readouterr().out
    assert "measuring samples" in drawn
    assert (drawn == "measuring samples\n") == (not terminal)


@pytest.mark.parametrize("terminal", [True, False])
def test_all_items_pass_whether_or_not_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    monkeypatch.setattr(module, "in_terminal", lambda: terminal)
    monkeypatch.setattr(module, "PAUSE", 0.0)
    assert list(show_progress(iter("abc"), "reading", 3)) == ["a", "b", "c"]
    drawn = capsys.readouterr().out
    plain = "reading  1/3\nreading  2/3\nreading  3/3\n"
    assert (drawn == plain) == (not terminal)
