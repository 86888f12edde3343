from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from conftest import Forger
from forger.config.conf_folder import CONF
from forger.config.load import read
from forger.runs.folder import read_config
from forger.runs.record import holds
from forger.runs.upgrade import upgrade
from old import leave_old_run


def test_settings_that_are_no_more_are_dropped_from_what_0_1_0_stored(tmp_path: Path) -> None:
    run = leave_old_run(tmp_path / "run")
    assert "per_iteration: 2" in (run / "config" / "config.yaml").read_text()
    for config in (read_config(run), read(run / "checkpoints" / "last.ckpt")["config"]):
        assert "per_iteration" not in config["data"]
        assert config["data"]["size"] == 200


def test_a_folder_that_0_1_0_began_is_recognised_as_the_same_run(tmp_path: Path) -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["callbacks=[best,early_stopping]", "model.k=2", "name=x"])
    stored = OmegaConf.to_container(config)
    assert isinstance(stored, dict)
    del stored["objective"]
    stored["data"]["per_iteration"] = "${oc.select:model.k,1}"
    for name in ("best", "early_stopping"):
        assert stored["callbacks"][name]["monitor"] == "${objective}"
        stored["callbacks"][name]["monitor"] = "metric/fid"
    stored["callbacks"]["best"]["every_n_train_steps"] = 1000
    (tmp_path / "config").mkdir()
    OmegaConf.save(OmegaConf.create(stored), tmp_path / "config" / "config.yaml")
    assert holds(tmp_path, config)
    config.objective = "metric/kid"
    assert not holds(tmp_path, config)


@pytest.mark.slow
def test_a_run_of_0_1_0_goes_on(tmp_path: Path, forger: Forger) -> None:
    run = leave_old_run(tmp_path / "run")
    assert "done: 2 updates" in forger("train", f"resume={run}", "~callbacks.curves")


def test_compile_and_graph_of_0_1_0_become_callbacks() -> None:
    model = {"k": 1, "compile": "default", "graph": True}
    config = upgrade({"model": model, "penalty": {}, "callbacks": {}})
    assert config["model"] == {"k": 1}
    assert config["term"] == {}
    assert config["callbacks"] == {
        "compile": {"_target_": "forger.callbacks.compile.Compile", "mode": "default"},
        "cuda_graph": {"_target_": "forger.callbacks.cuda_graph.CUDAGraph"},
    }
    off = upgrade({"model": {"compile": None, "graph": False}, "callbacks": {}})
    assert off["callbacks"] == {}
    assert upgrade(off) == off
