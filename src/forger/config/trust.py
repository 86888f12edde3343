"""Checks what a stored configuration names: its file may come from a stranger."""

import re
import shlex
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from omegaconf import Container, DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from forger.config.overrides import quoted
from forger.config.places import OURS, allowed, is_place
from forger.config.project import trusted_packages
from forger.config.settings import NOT_PART_OF_RUN
from forger.config.trusted import GET_CLASS, PARTLY_TRUSTED, in_any_package, is_trusted, last, whom
from forger.errors import ForgerError

# Most interpolations in texts that have several: 8 texts of 3 each may resolve to 6,561.
MOST_SEVERAL = 24


def check_trust(
    config: Container | dict, trust: Collection[str], file: Path | str, given: Collection[str] = ()
) -> None:
    """See that a configuration from `file` makes nothing but parts of a GAN, of plain values.

    trust: packages, modules or full names that may be made, or called, as well; folders and
    addresses that may be named. given: settings that the user has made, such as data.folder.
    Raises ForgerError naming the first that is neither; no module outside of these is imported.
    """
    if isinstance(config, Container):
        check_references(config, file)
        config = cast(dict, OmegaConf.to_container(config, resolve=True))
    for path, value, is_name in values(config, ""):
        if not any(path == key or path.startswith((f"{key}.", f"{key}[")) for key in given):
            check_value(path, value, is_name, trust, file)


def check_references(config: Container, file: Path | str) -> None:
    """Raises ForgerError if interpolations make far more of a configuration than is written there.

    A text may name another one twice, that one a third, and so on: each doubles what is resolved.
    """
    written = list(values(OmegaConf.to_container(config), ""))
    several = [n for _, v, _ in written if isinstance(v, str) and (n := v.count("${")) > 1]
    left = 10 * len(written) if sum(several) <= MOST_SEVERAL else 0
    # A count, node by node, that stops in time: the resolved tree may be endless.
    nodes: list[Any] = [config]
    while nodes and left > 0:
        node, left = nodes.pop(), left - 1
        keys = range(len(node)) if isinstance(node, ListConfig) else node
        for key in keys if isinstance(node, Container) else ():
            # A missing value is reported where all are resolved.
            with suppress(OmegaConfBaseException):
                nodes.append(node[key])
    if nodes:
        raise ForgerError(
            f"{file} has interpolations that refer to each other too often to be resolved: write"
            " their values in the file"
        )


def check_value(
    path: str, value: Any, is_name: bool, trust: Collection[str], file: Path | str
) -> None:
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ForgerError(f"{path} in {file} has {value.bit_length()} bits: give at most 63")
    what = f"{path} (={value}) in {file}"
    if is_name and not is_trusted(path, value, trust):
        who = whom(value)
        remedy = f"if you trust the file, give {to_trust(who)}"
        # No part of a GAN is in Python's own library, which can do all to a machine.
        if who in sys.stdlib_module_names:
            remedy = "do not use the file"
        raise ForgerError(f"{what} could run any code, so Forger does not create it: {remedy}")
    if isinstance(value, str) and "${" in value:
        # Resolved again, it could become the name of another class.
        raise ForgerError(
            f"{what} is an interpolation that cannot be resolved, and trust=[...] does not help:"
            " write its value in the file"
        )
    if isinstance(value, str) and is_place(path, value) and not allowed(path, value, trust):
        anew = shlex.quote(f"{path}={in_list(value)}") + " anew, or "
        raise ForgerError(
            f"{what} leads out of the run folder: if that place is yours, give"
            f" {'' if last(path) in OURS else anew}{to_trust(value)}"
        )


def check_links(run: Path, trust: Collection[str]) -> None:
    """Raises ForgerError if a link in a run folder leads out of it, unless that place is trusted.

    A resumed run writes in its folder, and so through such a link.
    """
    run = run.resolve()
    for path in sorted(run.rglob("*")):
        target = str(path.resolve())
        if not path.resolve().is_relative_to(run) and not allowed("", target, trust):
            raise ForgerError(
                f"{path} leads out of the run folder, to {target}: if that place is yours, give"
                f" {to_trust(target)}"
            )


def trust_argument(config: DictConfig) -> str:
    """What a command on a run of this configuration must end in, or nothing: see `to_be_trusted`.

    The project's own package is left out, since it is trusted where such a command is typed.
    """
    found = to_be_trusted(config) - set(trusted_packages())
    return f" {to_trust(*sorted(found))}" if found else ""


def to_be_trusted(config: DictConfig) -> set[str]:
    """Packages and places of a configuration that `check_trust` asks for.

    Other packages are found by their names: none of them is imported.
    """
    found: set[str] = set()
    for path, value, is_name in values(OmegaConf.to_container(config), ""):
        if not isinstance(value, str) or "${" in value or path == "start":
            continue
        if is_name and re.fullmatch(r"\w+(\.\w+)*", value):
            # Names of other packages are not looked up, since that would import them.
            if not in_any_package(value, PARTLY_TRUSTED) or not is_trusted(path, value, ()):
                found.add(whom(value))
        elif not is_name and is_place(path, value) and not allowed(path, value, ()):
            found.add(value)
    return found


def values(node: Any, path: str) -> Iterator[tuple[str, Any, bool]]:
    """Every value but those of a start, where it stands, and whether it is a name to look up."""
    if isinstance(node, dict):
        if node.get("_target_") == GET_CLASS:
            yield f"{path}.path", node.get("path"), True
        for key, value in node.items():
            if path == "" and key in NOT_PART_OF_RUN:
                continue
            if key == "_target_":
                yield f"{path}._target_".lstrip("."), value, True
            else:
                yield from values(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list | tuple):
        for i, value in enumerate(node):
            yield from values(value, f"{path}[{i}]")
    else:
        yield path, node, False


def to_trust(*names: str) -> str:
    """The setting that trusts these packages, names or places, as a shell takes it."""
    return shlex.quote(f"trust=[{','.join(map(in_list, names))}]")


def in_list(text: str) -> str:
    """A text as Hydra takes it in a list."""
    return text if re.fullmatch(r"[\w./+@%:-]+", text) else quoted(text)
