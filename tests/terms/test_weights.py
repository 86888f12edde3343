"""The weights of terms, which would reward what they are to punish if they were negative."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from forger.config.build import instantiate_node
from forger.config.conf_folder import CONF
from forger.errors import ForgerError
from tiny import composed

WEIGHTS = ("weight", "gamma")


def weights() -> list[tuple[str, str]]:
    """Each term that comes along, and each of its weights."""
    nodes = [(file.stem, OmegaConf.select(OmegaConf.load(file), file.stem)) for file in files()]
    return [(name, key) for name, node in nodes for key in node if key.startswith(WEIGHTS)]


def files() -> list[Path]:
    return sorted((CONF / "term").glob("*.yaml"))


def test_each_term_has_a_weight() -> None:
    assert {name for name, _ in weights()} == {file.stem for file in files()}


@pytest.mark.parametrize(("name", "key"), weights())
def test_a_negative_weight_is_refused(name: str, key: str) -> None:
    config = composed("experiment=infogan", f"term=[{name}]", f"term.{name}.{key}=-0.1")
    with pytest.raises(ForgerError, match=rf"{key} \(=-0.1\) must be at least 0"):
        instantiate_node(config, f"term.{name}")


@pytest.mark.parametrize("setting", ["approximate_r1.std=0", "transport.updates=0"])
def test_a_number_that_a_term_divides_by_is_positive(setting: str) -> None:
    name = setting.partition(".")[0]
    config = composed("experiment=infogan", f"term=[{name}]", f"term.{setting}")
    with pytest.raises(ForgerError, match=r"must be (positive|at least 1)"):
        instantiate_node(config, f"term.{name}")
