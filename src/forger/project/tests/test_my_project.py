"""All of my_project in one short run."""

from pathlib import Path

import pytest

import forger

SHORT = ("experiment=moons", "trainer.log_every_n_steps=5", "data.size=500")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> forger.Run:
    folder = tmp_path_factory.mktemp("runs") / "short"
    return forger.train(*SHORT, "trainer.max_steps=10", f"hydra.run.dir={folder}")


def test_the_experiment_trains(run: forger.Run) -> None:
    assert run.summary["status"] == "done"
    assert list(run.curves["loss/generator"]) == [5, 10]
    assert list(run.curves["training/weights_generator"]) == [5, 10]
    assert list(run.curves["term/mean_matching/generator"]) == [5, 10]
    assert run.summary["metrics"]["metric/mean_distance"] > 0


def test_samples_are_points_of_the_plane(run: forger.Run) -> None:
    assert run.samples(n=7).shape == (7, 2)


def test_a_run_goes_on(run: forger.Run) -> None:
    # Not one whose schedule ends with it, such as cosine: leave this test out then.
    longer = forger.train(f"resume={Path(run.folder)}", "trainer.max_steps=20")
    assert longer.summary["updates"] == 20
