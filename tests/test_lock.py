"""requirements.lock has what pyproject.toml asks for."""

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
WANTED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
# One package a block: `name==version ; marker \`, then hashes and where it comes from.
LOCKED = re.findall(r"(?m)^([\w.-]+==\S+(?: ; .+?)?) \\\n((?:    .+\n?)+)", LOCK)


@pytest.mark.parametrize("wanted", WANTED)
def test_it_has_each_dependency_at_a_version_that_is_allowed(wanted: str) -> None:
    wish = Requirement(wanted)
    found = [
        requirement
        for text, _ in LOCKED
        if canonicalize_name((requirement := Requirement(text)).name)
        == canonicalize_name(wish.name)
    ]
    assert found, f"{wanted} is not in requirements.lock: CONTRIBUTING says how to write it anew"
    for requirement in found:
        (version,) = requirement.specifier
        assert wish.specifier.contains(version.version), f"{requirement} is not {wanted}"


def test_each_package_has_hashes_and_no_address_is_in_the_file() -> None:
    names = re.findall(r"(?m)^[\w.-]+==", LOCK)
    assert len(LOCKED) == len(names) > len(WANTED)
    assert all("--hash=sha256:" in hashes for _, hashes in LOCKED)
    assert "://" not in LOCK
