from pathlib import Path

import pytest

from forger.errors import ForgerError
from forger.runs.progress import NAME, Job, duration, progress, read_jobs, write_jobs

DONE = Job("done", 100, 60.0)


def test_the_time_left_is_that_of_jobs_and_of_parts_of_jobs_over_those_that_run() -> None:
    # Half of the running job, and three of 60 s that have not begun: 210 s.
    half = Job("running", 50, None)
    assert progress(6, [DONE, DONE, half], 1) == "2 of 6 jobs have ended, about 4 minutes left"
    # Two halves, and two of 60 s that have not begun: 180 s on two workers.
    two = progress(6, [DONE, DONE, half, half], 2)
    assert two == "2 of 6 jobs have ended, about 2 minutes left"
    failed = Job("failed", 0, 1.0)
    assert progress(3, [DONE, failed, half], 1).startswith("2 of 3 jobs have ended, less than a")


def test_nothing_is_said_that_does_not_follow() -> None:
    assert progress(2, [DONE, DONE], 0) == ""
    assert progress(1, [DONE, DONE], 0) == ""
    assert progress(3, [Job("running", 50, None)], 1) == "0 of 3 jobs have ended"
    killed = Job("interrupted", 50, 30.0)
    assert progress(3, [DONE, killed], 0) == "1 of 3 jobs has ended, and none is running"


def test_words_for_times() -> None:
    times = {5: "less than a minute", 60: "about 1 minute", 3600: "about 1 hour"}
    times |= {200: "about 3 minutes", 200_000: "about 2 days"}
    assert {seconds: duration(seconds) for seconds in times} == times


def test_the_number_of_jobs_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_jobs(tmp_path) is None
    write_jobs(tmp_path, 16)
    assert read_jobs(tmp_path) == 16
    (tmp_path / NAME).write_text('{"jobs": "many"}')
    with pytest.raises(ForgerError, match="should be a whole number"):
        read_jobs(tmp_path)
