"""What can stand at the end of a command line; the shells ask by `forger --complete WORDS`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf

from forger.config.arguments import positional, search_path
from forger.config.conf_folder import CONF, verbs
from forger.config.project import find_project
from forger.config.settings import MULTI_OPTION_GROUPS

# Ends of the names of files that settings take.
FILES = (".ckpt", ".csv", ".npy", ".npz", ".parquet")
# Last parts of settings whose values are paths.
PATHS = ("ckpt", "resume", "repeat", "start", "runs", "folder", "root", "images", "out", "file")


def complete(words: Sequence[str]) -> list[str]:
    """All that the last of the words after `forger` can become; a setting ends in "=" or "."."""
    verb, *settings = words
    if not settings:
        found: Iterator[str] = iter([*verbs(), "--help", "--version"])
    elif verb in verbs():
        found = complete_setting(verb, settings[:-1], settings[-1])
    else:
        found = iter(())
    return sorted({text for text in found if text.startswith(words[-1])})


def complete_setting(verb: str, before: Sequence[str], word: str) -> Iterator[str]:
    """Groups, settings by path, and values; of a verb that takes one without its name, paths."""
    key, equals, start = word.partition("=")
    group = key.lstrip("+")
    if equals and group in (chosen := groups(verb)):
        yield from (f"{key}={option}" for option in chosen[group])
    elif equals and group.rpartition(".")[2] in PATHS:
        yield from (f"{key}={path}" for path in paths(start))
    elif word.startswith("+"):
        yield from (f"+{group}=" for group in groups(verb))
    elif word.startswith("~"):
        config = composed(verb, before)
        yield from (f"~{g}.{name}" for g in MULTI_OPTION_GROUPS for name in config.get(g, {}))
    else:
        if not equals:
            yield from (f"{group}=" for group in groups(verb))
            yield "--help"
        if not (equals or any("=" in text for text in before)) and positional(verb) in PATHS:
            yield from paths(word)
        yield from keys(composed(verb, before), key.rpartition(".")[0], bool(equals))


def groups(verb: str) -> dict[str, list[str]]:
    """The groups of a verb with their options, those of the project among them."""
    taken = set()
    for entry in OmegaConf.load(CONF / f"{verb}.yaml").defaults:
        taken |= {str(name) for name in entry} if isinstance(entry, DictConfig) else set()
    if verb == "train":
        # Those that have no default are chosen by "+", and are groups of `forger train`.
        taken |= {folder.name for folder in CONF.iterdir() if folder.is_dir()}
    places = [CONF, *filter(None, [find_project().conf])]
    found = {
        group: sorted(file.stem for place in places for file in (place / group).glob("*.yaml"))
        for group in taken
    }
    return {group: options for group, options in found.items() if options}


def composed(verb: str, settings: Sequence[str]) -> dict[str, Any]:
    """The configuration that these settings make; if they are wrong, that of the verb alone."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        for given in ([*search_path(), *(text for text in settings if "=" in text)], []):
            try:
                config = hydra.compose(verb, given)
            except Exception:  # Whatever it is, a key pressed in a shell is no place to say it.
                continue
            OmegaConf.set_struct(config, False)
            return cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    return {}


def keys(config: dict[str, Any], path: str, with_value: bool) -> Iterator[str]:
    """The settings in the node of a path, "" for all of it, with their values or without."""
    node: Any = config
    for name in path.split(".") if path else ():
        node = node.get(name, {}) if isinstance(node, dict) else {}
    for name, value in node.items() if isinstance(node, dict) else ():
        full_path = f"{path}.{name}" if path else name
        if name == "_target_":
            continue
        if not with_value:
            yield f"{full_path}." if isinstance(value, dict) else f"{full_path}="
        elif isinstance(value, bool):
            yield from (f"{full_path}=true", f"{full_path}=false")
        elif isinstance(value, int | float | str) and value != "???":
            yield f"{full_path}={value}"


def paths(start: str) -> Iterator[str]:
    """Run folders in outputs/, and folders, checkpoints and data that a path begun so leads to."""
    for kind in ("runs", "sweeps"):
        yield from (str(file.parent) for file in Path("outputs", kind).glob("*/*/run.json"))
    folder = start[: start.rfind("/") + 1]
    try:
        entries = list(Path(folder or ".").expanduser().iterdir())
    except (OSError, RuntimeError):
        return
    for entry in entries:
        if entry.is_dir():
            yield f"{folder}{entry.name}/"
        elif entry.suffix in FILES:
            yield f"{folder}{entry.name}"
