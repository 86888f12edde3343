"""Settings that are the same as another node, such as `encoder: ${optimizer.generator}`."""

import re
from typing import Any, cast

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from forger.errors import ForgerError


def reference_above(config: DictConfig, key: str) -> tuple[str, str] | None:
    """The node above a setting that refers to another, and that other one; None if none does."""
    *above, _ = key.split(".")
    path = ""
    for name in above:
        node = OmegaConf.select(config, path) if path else config
        if not isinstance(node, DictConfig) or name not in node:
            return None
        path = f"{path}.{name}" if path else name
        if OmegaConf.is_interpolation(node, name):
            plain = cast(dict[str, Any], OmegaConf.to_container(node, resolve=False))
            named = re.fullmatch(r"\$\{([\w.]+)\}", plain[name])
            return (path, named[1]) if named else None
    return None


def instead(above: str, other: str) -> str:
    """What to give where a setting beneath a reference cannot be set by itself."""
    return f"{above} is the same as {other}: set that, or give all of {above}={{...}}"


def refuse_removals(config: DictConfig) -> None:
    """ForgerError for ~KEY beneath a reference, since Hydra removes it from the other node too."""
    # A value among the overrides may be a reference itself.
    given = OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False)
    for override in cast(list[str], given):
        key = override.removeprefix("~").partition("=")[0]
        if override.startswith("~") and (found := reference_above(config, key)):
            raise ForgerError(f"{key} cannot be removed by itself: {instead(*found)}")
