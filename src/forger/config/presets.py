"""What files that set a whole run, such as experiments, set for options that are not chosen."""

import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from hydra.conf import HydraConf
from omegaconf import DictConfig, OmegaConf, open_dict

from forger.config.overrides import key_of
from forger.config.settings import MULTI_OPTION_GROUPS
from forger.config.signatures import arguments

# The first line of a file that may set anything, of Forger's groups or of the user's own.
GLOBAL = re.compile(r"^#\s*@package\s+_global_\s*$", re.MULTILINE)


class Setter(NamedTuple):
    """A file that sets something, the option that brought it, and the groups chosen after it.

    The option is named as it is typed, experiment=ring, a group as Hydra does: generator, or
    generator@generator.body.
    """

    file: Path
    option: str
    chosen_after: frozenset[str]


def leave_out_replaced(config: DictConfig, hydra: HydraConf) -> None:
    """Remove what an experiment sets for an option in whose place another is chosen.

    Only what the other one lacks: `experiment=ring generator=linear` has no widths. What is removed
    is printed. hydra: Hydra's own node of the configuration.
    """
    typed = typed_keys(hydra)
    removed: dict[str, list[str]] = {}
    for path in list(lacking(OmegaConf.to_container(config), "")):
        setter = None if path in typed else find_setter(hydra, path)
        if setter and any(chooses(key, path) for key in typed | setter.chosen_after):
            node, _, name = path.rpartition(".")
            with open_dict(config):
                del OmegaConf.select(config, node)[name]
            removed.setdefault(setter.option, []).append(path)
    for option, paths in removed.items():
        them = "them for other options" if len(paths) > 1 else "it for another option"
        print(f"left out {', '.join(paths)}: {option} sets {them}")


def typed_keys(hydra: HydraConf) -> frozenset[str]:
    """The settings and groups that were typed."""
    # As they were typed: a value may be a reference that leads nowhere.
    return frozenset(map(key_of, cast(list[str], OmegaConf.to_container(hydra.overrides.task))))


def lacking(node: Any, path: str) -> Iterator[str]:
    """The settings that their class does not take, and in groups of several those of no class."""
    if not isinstance(node, dict):
        return
    names, takes_any = taken(node.get("_target_"))
    for name, value in node.items():
        full = f"{path}.{name}".lstrip(".")
        classless = isinstance(value, dict) and "_target_" not in value
        # Hydra's own keys, such as _target_ and _partial_, begin with a line.
        refused = not (takes_any or name in names or str(name).startswith("_"))
        if refused or (classless and path in MULTI_OPTION_GROUPS):
            yield full
        else:
            yield from lacking(value, full)


def taken(target: Any) -> tuple[set[str], bool]:
    """The names that a class takes, and whether it takes any; so does what is no class."""
    try:
        names, _, takes_any = arguments(pkgutil.resolve_name(target))
    except Exception:
        # What cannot be imported is refused later, with the reason.
        return set(), True
    return names, takes_any


def chooses(key: str, path: str) -> bool:
    """Whether a key of Hydra's chooses the option, and not a value, that a setting belongs to."""
    group, _, package = key.partition("@")
    return "." not in group and f"{path}.".startswith(f"{package or group}.")


def find_setter(hydra: HydraConf, path: str) -> Setter | None:
    """The file of an experiment, or of one that it begins with, that sets `path`.

    So it is for each file that may set anything; the last one that sets it counts.
    """
    folders = [Path(s.path) for s in hydra.runtime.config_sources if s.schema == "file"]
    chosen: frozenset[str] = frozenset()
    # Hydra has the option that it composed last as the first.
    for group, option in hydra.runtime.choices.items():
        file = find_file(folders, group, option)
        if file is None or not GLOBAL.search(file.read_text("utf-8")):
            continue
        if found := search(folders, group, option, path, chosen):
            return found._replace(option=f"{group}={option}")
        chosen |= chosen_in(cast(DictConfig, OmegaConf.load(file)))
    return None


def find_file(folders: list[Path], group: str, option: object) -> Path | None:
    """The file of an option; a list of them has none."""
    return next(filter(Path.is_file, (f / group / f"{option}.yaml" for f in folders)), None)


def chosen_in(content: DictConfig) -> frozenset[str]:
    """The groups whose options a file chooses."""
    entries = [e for e in content.get("defaults", []) if not isinstance(e, str)]
    return frozenset(
        str(key).removeprefix("override ").lstrip("/") for entry in entries for key in entry
    )


def search(
    folders: list[Path], group: str, option: str, path: str, chosen: frozenset[str]
) -> Setter | None:
    """`find_setter` from one file on; chosen: the groups whose option files after it choose."""
    file = find_file(folders, group, option)
    if file is None:
        return None
    content = cast(DictConfig, OmegaConf.load(file))
    node, _, name = path.rpartition(".")
    if isinstance(found := OmegaConf.select(content, node), DictConfig) and name in found:
        return Setter(file, f"{group}={option}", chosen)
    chosen |= chosen_in(content)
    entries = content.get("defaults", [])
    parents = [entry for entry in entries if isinstance(entry, str) and entry != "_self_"]
    found = (search(folders, group, parent, path, chosen) for parent in parents)
    return next(filter(None, found), None)
