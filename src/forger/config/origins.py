"""Where the value of a setting comes from."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from forger.config.overrides import key_of, relative_path

# Groups whose files may set anything.
GLOBAL_GROUPS = ("experiment", "debug", "local")


def named(config: DictConfig, faults: Iterable[str]) -> Iterator[str]:
    """Faults that begin with a setting, each once and with where that is set, if elsewhere."""
    faults = list(faults)
    seen = {place(fault) for fault in faults}
    for fault in faults:
        path = place(fault)
        source = source_of(config, path)
        if source is None:
            yield from_file(fault)
        elif source not in seen:
            # A value that comes from another setting is changed there, by one change for all.
            seen.add(source)
            yield f"{fault}: give {source}=..."


def place(fault: str) -> str:
    """The path of the setting that a fault begins with."""
    return fault.partition(" ")[0]


def source_of(config: DictConfig, path: str) -> str | None:
    """The setting that a value is taken from; None if it is its own."""
    raw: Any = OmegaConf.to_container(config, resolve=False)
    for key in path.split("."):
        raw = raw.get(key) if isinstance(raw, dict) else None
    return reference(raw)


def reference(value: Any) -> str | None:
    """The setting that a value such as ${model.latent_dim} is taken from; None for other values."""
    source = re.fullmatch(r"\$\{([\w.]+)\}", value) if isinstance(value, str) else None
    return source[1] if source else None


def from_file(fault: str) -> str:
    """The fault; of a setting that an experiment has for another option, the file and what to type.

    That is widths, for example, where the network chosen has no such argument.
    """
    path = place(fault)
    if " is not a setting of " not in fault or not HydraConfig.initialized():
        return fault
    hydra = HydraConfig.get()
    given = set(map(key_of, hydra.overrides.task))
    folders = [Path(s.path) for s in hydra.runtime.config_sources if s.schema == "file"]
    for group in GLOBAL_GROUPS if path not in given else ():
        option = hydra.runtime.choices.get(group)
        if file := option and setting_file(folders, group, option, path):
            return f"{fault.partition(': ')[0]}, but {relative_path(file)} sets it: give ~{path}"
    return fault


def setting_file(folders: list[Path], group: str, option: str, path: str) -> Path | None:
    """The file of an option, or of one that it begins with, that sets `path`; None for none."""
    files = [folder / group / f"{option}.yaml" for folder in folders]
    file = next(filter(Path.is_file, files), None)
    if file is None:
        return None
    content = cast(DictConfig, OmegaConf.load(file))
    if OmegaConf.select(content, path) is not None:
        return file
    parents = [name for name in content.get("defaults", []) if isinstance(name, str)]
    found = (setting_file(folders, group, name, path) for name in parents if name != "_self_")
    return next(filter(None, found), None)
