"""Where the value of a setting comes from."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from forger.config.overrides import relative_path
from forger.config.presets import typed_keys
from forger.config.setters import find_setter


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
    """The fault, with the experiment that sets what it begins with, if that was not typed."""
    if not HydraConfig.initialized():
        return fault
    path = place(fault)
    hydra = HydraConfig.get()
    setter = None if path in typed_keys(hydra) else find_setter(hydra, path)
    return f"{fault} ({relative_path(setter.file)} sets it)" if setter else fault
