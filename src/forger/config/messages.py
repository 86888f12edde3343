"""Suggestions of names in error sentences."""

import pkgutil
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import hydra
from omegaconf import OmegaConf

from forger.config.conf_folder import CONF, groups
from forger.config.overrides import key_of
from forger.config.signatures import arguments

# Groups whose files set the whole run.
OF_WHOLE_RUN = {"experiment", "sweep", "debug", "launcher"}


def whole_run(file: str) -> str:
    """What a file of these groups lacks if it sets a node of their name instead."""
    return f"{file} sets the whole run: begin it with the line # @package _global_"


def nearest(word: str, choices: Iterable[str]) -> str:
    """`: did you mean x?`, or the list of all choices when none is near."""
    names = [name for name in choices if name != "self"]
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f": did you mean {close[0]}?"
    return f": give one of {', '.join(sorted(names))}" if names else ""


def dotted(node: Any, path: str = "") -> Iterator[str]:
    """The path of every setting and every node in a configuration, but names of classes."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name != "_target_":
            yield f"{path}{name}"
            yield from dotted(value, f"{path}{name}.")


def ends_in(last: str, paths: Iterable[str]) -> list[str]:
    """Those of the paths whose last part this is."""
    return [path for path in paths if path.rpartition(".")[2] == last]


def nearest_setting(key: str, verb: str) -> str:
    """The nearest of all settings that a verb has with the options chosen, or where they are."""
    choices = groups()
    choosing = {*choices, "hydra.searchpath"}
    chosen = [a for a in sys.argv[1:] if key_of(a) in choosing]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        try:
            config = hydra.compose(verb, chosen)
        except Exception:  # Several values, for example, or options of a stored run.
            config = hydra.compose(verb)
    # Missing keys must not raise while the names are listed.
    OmegaConf.set_struct(config, False)
    keys = dotted(OmegaConf.to_container(config, resolve=False))
    settings_here = [k for k in [*keys, *choices] if "_target_" not in k]
    node, _, name = key.rpartition(".")
    # A prior by its name, say, has no class so far.
    if name == "_target_" and node in settings_here:
        return f" yet: add it by +{key}=..."
    target = OmegaConf.select(config, f"{node}._target_") if node else None
    # What a class takes and no YAML has, such as Adam's eps.
    if target and key not in settings_here and name in arguments(pkgutil.resolve_name(target))[0]:
        return f" yet: add it by +{key}=..."
    # People type the last part of a path: k, lr, optimizer.lr.
    first, same = key.partition(".")[0], ends_in(key.rpartition(".")[2], settings_here)
    paths = [k for k in same if k.startswith(f"{first}.")] or same
    if not paths and key not in settings_here and "." not in key:
        names = {k.rpartition(".")[2] for k in settings_here}
        for near in get_close_matches(key, names, n=1):
            ending = [k for k in settings_here if k.endswith(f".{near}")]
            paths = [near] if near in settings_here else ending
    # The last parts agree: that is a better guess than the nearest spelling.
    if paths and key not in settings_here:
        return f": did you mean {' or '.join(paths)}?"
    answer = nearest(key, settings_here)
    return answer if "did you mean" in answer else f": forger {verb} --help lists all"
