from pathlib import Path

import pytest

from conftest import Forger
from forger.config.load import read
from forger.runs.folder import read_config
from old import leave_old_run


def test_settings_that_are_no_more_are_dropped_from_what_0_1_0_stored(tmp_path: Path) -> None:
    run = leave_old_run(tmp_path / "run")
    assert "per_iteration: 2" in (run / "config" / "config.yaml").read_text()
    for config in (read_config(run), read(run / "checkpoints" / "last.ckpt")["config"]):
        assert "per_iteration" not in config["data"]
        assert config["data"]["size"] == 200


@pytest.mark.slow
def test_a_run_of_0_1_0_goes_on(tmp_path: Path, forger: Forger) -> None:
    run = leave_old_run(tmp_path / "run")
    assert "done: 2 updates" in forger("train", f"resume={run}", "~callbacks.curves")
