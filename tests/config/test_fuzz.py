"""Whatever is typed for a setting is taken or refused in a sentence, never met by a traceback."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from forger.config.explain import REWORDED, explain
from forger.config.schema import check
from forger.config.settings import Train
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from tiny import composed

SMALL = ["generator=mlp", "discriminator=mlp", "generator.widths=[4]", "discriminator.widths=[4]"]
CONFIG = composed(*SMALL, "penalty=r1", "augment=translation", "schedule=cosine")


def paths(node: Any, path: str = "") -> Iterator[str]:
    """Every setting and every node of settings."""
    for key, value in node.items():
        # What a class is named by is code, and a fuzz of it would run whatever there is.
        if key != "_target_":
            yield f"{path}{key}"
            if isinstance(value, dict):
                yield from paths(value, f"{path}{key}.")


PATHS = sorted(paths(OmegaConf.to_container(CONFIG, resolve=False)))
NASTY = ["null", "nan", "-inf", "inf", "-1", "0", "1e400", str(10**30), "true", "''", "[]", "{}"]
NASTY += [
    "[1,[2]]",
    "[null]",
    "[nan]",
    "{a: {b: null}}",
    "{1: 2}",
    "[",
    '"',
    "${",
    "${nothing}",
    "???",
]
NASTY += [
    "${model.k}",
    "${seed}",
    "${oc.env:NOTHING}",
    "${oc.env:HOME,1}",
    "\u00e9\u4e16\u754c",
    "a b",
    "\\",
]
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8),
    st.lists(st.sampled_from(NASTY[:12]), max_size=3).map(lambda parts: f"[{','.join(parts)}]"),
)


def answer(given: dict[str, str]) -> str:
    """The sentence that these settings are refused with; none if they are taken."""
    config: DictConfig = copy.deepcopy(CONFIG)
    settings = [f"{key}={value}" for key, value in given.items()]
    try:
        for override in OverridesParser.create().parse_overrides(settings):
            try:
                OmegaConf.update(config, override.key_or_group, override.value(), merge=False)
            except ValueError as error:
                assert any(said in str(error) for said in REWORDED)  # noqa: PT017
                return "as said there"
        check(config, Train)
        dry_run(config)
    except (ForgerError, HydraException, OmegaConfBaseException) as error:
        return explain(error, "train")
    return ""


@pytest.mark.slow
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.dictionaries(st.sampled_from(PATHS), VALUES, min_size=1, max_size=2))
def test_any_value_of_any_setting_is_taken_or_refused_in_a_sentence(given: dict[str, str]) -> None:
    said = answer(given)
    assert said == "" or " " in said
    assert "\n" not in said
