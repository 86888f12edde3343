"""The arguments of `forger VERB`, made ready for Hydra."""

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import RangeSweep
from omegaconf import DictConfig, OmegaConf

from forger.config.argument_checks import (
    check_folder,
    check_groups,
    check_not_empty,
    check_removed,
    check_sweeper,
)
from forger.config.conf_folder import CONF, verbs
from forger.config.messages import nearest
from forger.config.overrides import key_of, quoted, readable, setting
from forger.config.project import find_project
from forger.config.stored_run import load_stored_run
from forger.errors import ForgerError

MULTIRUN = {"-m", "--multirun"}
HELP = {"--help", "-h"}
# The options of a command; Hydra's others look for Forger's files elsewhere, or do what verbs do.
# With the word that each takes.
CFG = ("job", "hydra", "all")
INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
VALUES = {"--cfg": CFG, "-c": CFG, "--info": INFO, "-i": INFO}
FOLDER = {"--config-dir", "-cd"}
OPTIONS = {*MULTIRUN, *HELP, *VALUES, *FOLDER, "--resolve", "--hydra-help"}
# Hydra removes no group that takes several, and the folder of a run is named by its experiment.
REMOVED = {"~logger": "logger=[]", "~experiment": "experiment=default"}

# Settings that a sweep reads once, before it has jobs.
OF_ALL_JOBS = re.compile(r"(name|sweep|launcher)$|hydra[./]")


def prepare(verb: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The name of the configuration that Hydra composes for a verb, and the arguments for it.

    Settings come first, wherever they were typed: Python's parser wants them side by side.
    """
    if verb not in verbs():
        raise ForgerError(f"forger has no verb {verb}{nearest(verb, verbs())}")
    settings, options = split(arguments)
    check_options(options)
    if (key := positional(verb)) and (given := list(takewhile(is_path, settings))):
        value = quoted(given[0]) if len(given) == 1 else f"[{','.join(map(quoted, given))}]"
        settings = [f"{key}={value}", *settings[len(given) :]]
    settings = [readable(with_home(argument)) for argument in settings]
    settings = without_null(verb, settings)
    check_not_empty(settings)
    check_groups(settings)
    check_removed(settings)
    check_folder(settings)
    check_sweeper(settings)
    name = verb
    if verb == "train":
        several = not MULTIRUN.isdisjoint(options)
        several |= setting(settings, "hydra.mode", "").upper() == "MULTIRUN"
        name, settings = load_stored_run(settings, several)
        if name == "train":
            settings = [REMOVED.get(a, a) for a in settings]
    if "hydra.searchpath" not in map(key_of, settings):
        settings = [*search_path(), *settings]
    if not MULTIRUN.isdisjoint(options):
        settings = prepare_sweep(verb, settings, options)
    # --help and --cfg only show settings, and need no -m.
    elif verb == "train" and not options:
        added = [argument for argument in settings if argument.startswith("+")]
        for group in ("sweep", "launcher"):
            if setting(added, group, "null") != "null":
                raise ForgerError(f"+{group} is for several runs: add -m")
    return name, [*settings, *options]


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The settings, and the options with the word that each takes; --cfg=job is two words."""
    settings: list[str] = []
    options: list[str] = []
    words = [w for a in arguments for w in (a.split("=", 1) if a.startswith("-") else [a])]
    for before, word in pairwise(["", *words]):
        taken = word.startswith("-") or before in FOLDER or word in VALUES.get(before, ())
        (options if taken else settings).append(word)
    return settings, options


def with_home(argument: str) -> str:
    """The argument; of a folder below ~ that Hydra makes, with the path of the home.

    Shells do not write it there, and Hydra would make a folder of the name ~.
    """
    given = re.fullmatch(r"(\+*(?:out|hydra\.(?:run|sweep)\.dir)=)(~/.*)", argument)
    return f"{given[1]}{Path(given[2]).expanduser()}" if given else argument


def check_options(options: Sequence[str]) -> None:
    """Raises ForgerError for dashes that settings have elsewhere, and for --cfg of nothing."""
    for option, value in pairwise([*options, ""]):
        if option in FOLDER and not (value and Path(value).is_dir()):
            raise ForgerError(f"{option} (={value}) is not a folder: give one with your options")
        if option.startswith("-") and option not in OPTIONS:
            raise ForgerError(
                f"{option} is no option: a setting has no dashes, {option.lstrip('-')}=..."
            )
        if option not in ("-c", "--cfg"):
            continue
        if value not in VALUES[option]:
            raise ForgerError(f"{option} shows settings: give {option} job, hydra or all")
        if not HELP.isdisjoint(options):
            raise ForgerError(f"{option} and --help both show settings: give one of them")


def without_null(verb: str, arguments: Sequence[str]) -> list[str]:
    """The arguments without GROUP=null where that is the default: Hydra takes names alone."""
    defaults = cast(DictConfig, OmegaConf.load(CONF / f"{verb}.yaml")).get("defaults", [])
    nodes = [entry for entry in defaults if isinstance(entry, DictConfig)]
    empty = {f"{group}=null" for node in nodes for group, name in node.items() if name is None}
    return [argument for argument in arguments if argument not in empty]


def prepare_sweep(verb: str, settings: Sequence[str], options: Sequence[str]) -> list[str]:
    """The settings of several runs, with the names of those that all of them have in common."""
    if verb != "train":
        raise ForgerError(f"-m is for forger train: call forger {verb} once for each value")
    if shows := {"-c", "--cfg", "-i", "--info"}.intersection(options):
        raise ForgerError(f"{shows.pop()} shows the settings of one run: remove -m")
    found = OverridesParser.create().parse_overrides(list(settings))
    for override in found:
        if override.is_sweep_override() and OF_ALL_JOBS.match(override.key_or_group):
            raise ForgerError(
                f"{override.input_line} has several values, and is the same for all jobs: give"
                " one; the folder of each job is named by what it changes"
            )
        if isinstance(override.value(), RangeSweep) and not any(
            True for _ in override.sweep_iterator()
        ):
            raise ForgerError(f"{override.input_line} has no values: give a range with some")
    common = [override.key_or_group for override in found if not override.is_sweep_override()]
    return [*settings, f"hydra.callbacks.announce.shared={common}"]


def search_path() -> list[str]:
    """The setting by which Hydra finds the project's own options; none without a project."""
    conf = find_project().conf
    return [f"hydra.searchpath=[{quoted(f'file://{conf}')}]"] if conf else []


def is_path(argument: str) -> bool:
    """Whether an argument is no setting; a path may have "=" in it, if there is such a file."""
    return "=" not in argument or Path(argument).exists()


def positional(verb: str) -> str | None:
    """The setting that a verb takes without its name, as in `forger sample FOLDER`."""
    content = OmegaConf.load(CONF / f"{verb}.yaml")
    taken = (str(key) for key in content if key == "ckpt" or OmegaConf.is_missing(content, key))
    return next(taken, None)
