"""One composition of the configuration for a command, and Hydra's modes."""

import logging
import sys
from pathlib import Path

import matplotlib
import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from matplotlib import font_manager
from omegaconf import DictConfig, OmegaConf

from forger.config.run_hydra import run_hydra
from forger.runs.names import job_folder

SEARCH = """
# @package _global_
hydra:
  mode: MULTIRUN
  sweeper:
    params:
      seed: 3,4
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    OmegaConf.register_new_resolver("job_folder", job_folder, replace=True)
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "search.yaml").write_text(SEARCH)


def seeds(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[tuple[int, RunMode]]:
    """The seed and the mode of each call of the task."""
    called = []

    def task(config: DictConfig) -> None:
        called.append((config.seed, HydraConfig.get().mode))

    monkeypatch.setattr(sys, "argv", ["forger train", *arguments])
    run_hydra("train", task)
    return called


def test_a_run_composes_its_configuration_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads, load = [], ConfigLoaderImpl.load_configuration

    def count(*arguments: object, **settings: object) -> DictConfig:
        loads.append(settings)
        return load(*arguments, **settings)  # pyright: ignore

    monkeypatch.setattr(ConfigLoaderImpl, "load_configuration", count)
    assert seeds(monkeypatch, "seed=2") == [(2, RunMode.RUN)]
    assert len(loads) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "seed=3,4"],
        ["seed=3,4", "hydra.mode=MULTIRUN"],
        ["hydra.searchpath=[file://conf]", "experiment=search"],
        ["hydra.searchpath=[file://conf]", "experiment=search", "seed=3,4"],
    ],
    ids=" ".join,
)
def test_a_sweep_may_be_asked_for_by_a_flag_a_setting_or_a_file(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    assert seeds(monkeypatch, *arguments) == [(3, RunMode.MULTIRUN), (4, RunMode.MULTIRUN)]


def test_an_assertion_that_fails_in_the_task_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def task(config: DictConfig) -> None:
        raise AssertionError("of the task")

    monkeypatch.setattr(sys, "argv", ["forger train"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(AssertionError, match="of the task"):
        run_hydra("train", task)


def test_a_flag_of_hydra_is_handed_to_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert seeds(monkeypatch, "--cfg", "job", "seed=7") == []
    assert "seed: 7\n" in capsys.readouterr().out


def test_the_first_figure_on_a_machine_says_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(matplotlib, "get_cachedir", lambda: str(tmp_path))
    seeds(monkeypatch, "seed=2")
    with caplog.at_level(logging.INFO):
        font_manager._load_fontmanager()  # pyright: ignore[reportAttributeAccessIssue]
    assert list(tmp_path.glob("fontlist*"))
    assert not caplog.records
