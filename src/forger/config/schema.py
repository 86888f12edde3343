"""Checks of names and types in a configuration, before any data are read: all faults at once.

Every node with a `_target_` is compared with the signature of its class, of Forger or any other
package. The root is compared with the settings of its verb, a dataclass.
"""

import importlib
import math
import pkgutil
import re
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from forger.config.hints import type_errors
from forger.config.messages import OF_WHOLE_RUN, dotted, ends_in, nearest, whole_run
from forger.config.origins import named, place
from forger.config.project import not_imported_here
from forger.config.rules import run_errors, several_errors
from forger.config.settings import MULTI_OPTION_GROUPS, NETWORK_GROUPS, Train, names
from forger.config.signatures import arguments
from forger.errors import ForgerError, line_of_own_code


def check(config: DictConfig, settings: type) -> dict[str, Any]:
    """The configuration in plain values if all of it fits, else ForgerError with every fault."""
    needed = names(settings)
    for name in needed:
        if name not in config:
            raise ForgerError(f"{name} is not set: give {name}=...")
    plain = plain_values(config)
    # Hydra lets +key=... add any name to the root.
    for key in plain.keys() - set(needed):
        if key in OF_WHOLE_RUN:
            raise ForgerError(whole_run(f"the chosen file of {key}"))
        # People type the last part of a path, as in +lr=1e-3.
        if full := ends_in(key, dotted({name: plain[name] for name in needed})):
            raise ForgerError(f"{key} is not a setting: did you mean {' or '.join(full)}?")
    # Alone: what else is in the group would be told as settings of that class.
    if unnamed := list(several_errors(plain)):
        raise ForgerError("; ".join(unnamed))
    typed_wrong = [*signature_errors(plain, settings, ""), *target_errors(plain, "")]
    # Of one setting the first of these says most.
    kinds = [list(number_errors(plain, "")), list(run_errors(plain)), typed_wrong]
    found: list[str] = []
    for faults in kinds:
        told = set(map(place, found))
        found = [*(fault for fault in faults if place(fault) not in told), *found]
    if found:
        raise ForgerError("; ".join(named(config, found)))
    return plain


def plain_values(config: DictConfig) -> dict[str, Any]:
    """The configuration with all interpolations resolved; ForgerError for what has no value."""
    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as error:
        raise ForgerError(f"{error.full_key} is not set: give {error.full_key}=...") from error
    except OmegaConfBaseException as error:
        reason = str(error).splitlines()[0]
        group, _, option = (error.full_key or "").partition(".")
        part = f"{group}.{option.partition('.')[0]}"
        absent = re.search(r"Interpolation key '(\w+)\.(\w+)' not found", reason)
        if absent and absent[1] in config and group in MULTI_OPTION_GROUPS:
            # Not every option of a group has all settings, as centres are of mixtures alone.
            raise ForgerError(
                f"{part} needs {absent[1]}.{absent[2]}, which the {absent[1]} chosen does not have:"
                f" give ~{part}, or another {absent[1]}"
            ) from error
        if absent and absent[1] in config:
            raise ForgerError(
                f"{error.full_key} takes the value of {absent[1]}.{absent[2]}, which the"
                f" {absent[1]} chosen does not have: write it in the file of that option, or choose"
                " another one"
            ) from error
        node = re.search(r"Interpolation key '((\w+)\.\w+)\.\w+' not found", reason)
        if node and node[2] == group and group in NETWORK_GROUPS:
            # Such as the rate of a third network, which its experiment takes from the generator's.
            raise ForgerError(
                f"{error.full_key} takes a value that {node[1]} does not have: give"
                f" '{part}=${{{node[1]}}}'"
            ) from error
        if unreadable := re.search(r"Error trying to access ([\w.]+)", reason):
            # Such as the codes of a prior that is only a name.
            raise ForgerError(
                f"{error.full_key} is read from {unreadable[1]}, which is not there: give ~{part},"
                f" or {unreadable[1]}"
            ) from error
        raise ForgerError(f"{error.full_key} has no value: {reason}; give one") from error
    return typing.cast(dict[str, Any], plain)


def check_parts(config: dict[str, Any], parts: Iterable[str]) -> None:
    """Raises ForgerError with every fault of these nodes of a stored configuration.

    Their classes are imported: call `check_trust` first.
    """
    found = list(shape_errors(config, parts))
    for part in () if found else parts:
        found += [*target_errors(config[part], part), *number_errors(config[part], part)]
    if found:
        raise ForgerError("; ".join(found))


def shape_errors(config: dict[str, Any], parts: Iterable[str]) -> Iterator[str]:
    """Nodes that a stored configuration lacks, or that have another type; nothing is imported."""
    hints = typing.get_type_hints(Train)
    for part in parts:
        if part in config:
            yield from type_errors(config[part], hints[part], part)
        else:
            yield f"{part} is not set"


def import_error(target: str) -> ImportError | None:
    """What the module of a class could not import: pkgutil says that there is no such module."""
    try:
        importlib.import_module(target.rpartition(".")[0] or target)
    except ImportError as error:
        return None if f"{target}.".startswith(f"{error.name}.") and error.path is None else error
    except Exception:
        return None
    return None


def target_errors(node: Any, path: str) -> Iterator[str]:
    """Faults of all nodes with a `_target_`, at any depth."""
    if isinstance(node, dict):
        if "_target_" in node:
            try:
                target = pkgutil.resolve_name(node["_target_"])
            except Exception as error:
                why = import_error(str(node["_target_"])) or error
                why = f"{why}{line_of_own_code(why)}{not_imported_here(str(node['_target_']))}"
                yield f"{path}._target_ (={node['_target_']}) cannot be imported: {why}"
                return
            yield from signature_errors(node, target, path)
        for key, value in node.items():
            yield from target_errors(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from target_errors(value, f"{path}[{i}]")


def signature_errors(node: dict[str, Any], target: Any, path: str) -> Iterator[str]:
    """Names that the target's signature lacks, and values that its type hints rule out."""
    parameters, hints, open_ended = arguments(target)
    for key, value in node.items():
        full = f"{path}.{key}".lstrip(".")
        # Hydra's own keys, such as _target_ and _partial_.
        if key.startswith("_") and key.endswith("_"):
            continue
        if key not in parameters:
            if not open_ended:
                yield f"{full} is not a setting of {target.__qualname__}{nearest(key, parameters)}"
        else:
            yield from type_errors(value, hints.get(key, Any), full)


def number_errors(node: Any, path: str) -> Iterator[str]:
    """NaN and infinite numbers, at any depth, and seeds that torch does not take."""
    if isinstance(node, dict | list):
        parts = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in parts:
            yield from number_errors(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, float) and not math.isfinite(node):
        yield f"{path} (={node}) must be a finite number"
    elif isinstance(node, float) and abs(node) > 3.4e38:
        yield f"{path} (={node}) is too large for a 32-bit float: give a number below 3.4e38"
    elif isinstance(node, int) and path.endswith("seed") and not 0 <= node < 2**32:
        yield f"{path} (={node}) must be in 0..{2**32 - 1}"
