"""Jobs that will be refused are told before the first one trains."""

from pathlib import Path

import pytest
from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from forger.errors import ForgerError
from forger.sweeps import refusals
from forger.sweeps.refusals import MANY, announce_refused


class Grid:
    """A grid of k and seeds, whose folders are named by their numbers alone."""

    def __init__(self, ks: range, seeds: list[str], before: int = 0) -> None:
        self.jobs = [[f"k={k}", f"seed={seed}"] for k in ks for seed in seeds]
        self.before = before
        self.composed: list[int] = []

    def compose(self, place: int) -> DictConfig:
        self.composed.append(place)
        hydra = OmegaConf.structured(HydraConf)
        hydra.sweep.dir, hydra.sweep.subdir = "s", "job-${hydra.job.num}"
        hydra.job.num = self.before + place
        config = OmegaConf.from_dotlist(self.jobs[place])
        return OmegaConf.merge({"repeat": None}, config, {"hydra": hydra})  # pyright: ignore


class Check:
    """Refuses odd k, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int | str]] = []

    def __call__(self, config: DictConfig, folder: Path) -> None:
        assert "hydra" not in config
        print("seed by chance")
        self.asked.append((config.k, config.seed))
        if config.k % 2:
            raise ForgerError(f"k (={config.k}) is odd\nand more")


def test_each_setting_is_tried_once_for_all_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    check, outside = Check(), HydraConfig.instance().cfg
    grid = Grid(range(3), ["0", "1"], before=4)
    announce_refused(grid.jobs, grid.compose, check)
    assert check.asked == [(0, 0), (1, 0), (2, 0)]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "2 of 6 jobs will be refused when their turn comes:",
        "refused  job-6, job-7: k (=1) is odd",
    ]
    assert HydraConfig.instance().cfg is outside
    # The second seed is composed only where its folder is named.
    assert grid.composed == [0, 2, 2, 3, 4]


def test_a_grid_of_thousands_is_tried_in_part_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST", 3)
    check = Check()
    grid = Grid(range(0, 10, 2), ["0", "1"])
    announce_refused(grid.jobs, grid.compose, check)
    assert [k for k, _ in check.asked] == [0, 2, 4]
    printed = capsys.readouterr()
    assert printed.out == "checked  3 of 5 settings; the others when their turn comes\n"
    assert printed.err == ""


def test_a_seed_that_is_no_number_is_tried_for_itself() -> None:
    grid = Grid(range(1), ["0", "x", "1"])
    check = Check()
    announce_refused(grid.jobs, grid.compose, check)
    assert check.asked == [(0, 0), (0, "x")]


def test_what_one_waits_for_is_told_before_many_are_tried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for count in (MANY - 1, MANY):
        grid = Grid(range(0, 2 * count, 2), ["0", "1"])
        announce_refused(grid.jobs, grid.compose, Check())
    assert capsys.readouterr().out == (
        f"check    {MANY} settings, before the first of them is trained\n"
    )
