"""Jobs that will be refused are told before the first one trains."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from forger.errors import ForgerError
from forger.sweeps import refusals
from forger.sweeps.refusals import announce_refused


def jobs(ks: range, seeds: int) -> Iterator[tuple[list[str], DictConfig]]:
    """A grid of k and seeds, whose folders are named by their numbers alone."""
    for k in ks:
        for seed in range(seeds):
            hydra = OmegaConf.structured(HydraConf)
            hydra.sweep.dir, hydra.sweep.subdir = "s", "job-${hydra.job.num}"
            config = {"k": k, "seed": seed, "repeat": None, "hydra": hydra}
            yield [f"k={k}", f"seed={seed}"], OmegaConf.create(config)


class Check:
    """Refuses odd k, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, config: DictConfig, folder: Path) -> None:
        assert "hydra" not in config
        print("seed by chance")
        self.asked.append((config.k, config.seed))
        if config.k % 2:
            raise ForgerError(f"k (={config.k}) is odd\nand more")


def test_each_setting_is_tried_once_for_all_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    check, outside = Check(), HydraConfig.instance().cfg
    announce_refused(jobs(range(3), 2), 4, check)
    assert check.asked == [(0, 0), (1, 0), (2, 0)]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "2 of 6 jobs will be refused when their turn comes:",
        "refused  job-6, job-7: k (=1) is odd",
    ]
    assert HydraConfig.instance().cfg is outside


def test_a_grid_of_thousands_is_tried_in_part_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST", 3)
    check = Check()
    announce_refused(jobs(range(0, 10, 2), 2), 0, check)
    assert [k for k, _ in check.asked] == [0, 2, 4]
    printed = capsys.readouterr()
    assert printed.out == "checked  3 of 5 settings; the others when their turn comes\n"
    assert printed.err == ""
