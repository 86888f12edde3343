"""Which file that may set anything, such as an experiment, sets something."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

from hydra.conf import HydraConf
from hydra.errors import MissingConfigException
from omegaconf import DictConfig, OmegaConf

from forger.config.overrides import relative_path

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


def find_setter(hydra: HydraConf, path: str) -> Setter | None:
    """The last file that sets `path` of those that may set anything, or that these begin with."""
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


def search(
    folders: list[Path], group: str, option: str, path: str, chosen: frozenset[str]
) -> Setter | None:
    """`find_setter` from one file on; chosen: the groups whose options files after it choose."""
    file = find_file(folders, group, option)
    if file is None:
        return None
    content = cast(DictConfig, OmegaConf.load(file))
    node, _, name = path.rpartition(".")
    if isinstance(found := OmegaConf.select(content, node), DictConfig) and name in found:
        return Setter(file, f"{group}={option}", chosen)
    chosen |= chosen_in(content)
    found = (search(folders, group, parent, path, chosen) for parent in parents(content, group))
    return next(filter(None, found), None)


def find_file(folders: list[Path], group: str, option: object) -> Path | None:
    """The file of an option; a list of them has none."""
    return next(filter(Path.is_file, (f / group / f"{option}.yaml" for f in folders)), None)


def chosen_in(content: DictConfig) -> frozenset[str]:
    """The groups whose options a file chooses."""
    entries = [e for e in content.get("defaults", []) if not isinstance(e, str)]
    return frozenset(
        str(key).removeprefix("override ").lstrip("/") for entry in entries for key in entry
    )


def parents(content: DictConfig, group: str) -> Iterator[str]:
    """The options of its own group that a file begins with."""
    for entry in content.get("defaults", []):
        if isinstance(entry, str) and entry != "_self_":
            # As Hydra reads /experiment/ring and ring@_global_, too.
            yield entry.partition("@")[0].removeprefix(f"/{group}/")


def named_by(error: MissingConfigException) -> str:
    """Which file has an option in its defaults that is not there, in words; empty if none has."""
    group, name = map(re.escape, str(error.missing_cfg_file).rpartition("/")[::2])
    chosen = re.compile(rf"^\s*- .*\b{group}(@[\w.]+)?: .*(?<![\w-]){name}(?![\w-])", re.MULTILINE)
    begun = re.compile(rf"^\s*- (/{group}/)?{name}\s*$", re.MULTILINE)
    # The folders that Hydra has searched.
    for folder in map(Path, re.findall(r"path=file://(.+)", str(error))):
        for file in sorted(folder.rglob("*.yaml")):
            text = file.read_text("utf-8", errors="replace")
            if chosen.search(text) or (begun.search(text) and file.parent == folder / group):
                return f" ({relative_path(file)} names it)"
    return ""
