"""The arguments of `forger VERB`, made ready for Hydra."""

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import cast

from hydra.core.override_parser.types import ChoiceSweep, Glob, RangeSweep, Sweep
from omegaconf import DictConfig, OmegaConf

from forger.config.conf_folder import CONF, groups, verbs
from forger.config.messages import nearest
from forger.config.overrides import parsed, quoted, readable, setting, settings_among, value_of
from forger.config.project import find_project
from forger.config.settings import LIST_GROUPS, MULTI_OPTION_GROUPS
from forger.config.stored_run import load_stored_run
from forger.errors import ForgerError
from forger.runs.folder import CHECKPOINT

MULTIRUN = {"-m", "--multirun"}
HELP = {"--help", "-h"}
# The options of a command; Hydra's others look for Forger's files elsewhere, or do what verbs do.
SHOWING = {"--cfg", "-c", "--resolve", "--info", "-i", "--hydra-help"}
OPTIONS = {*MULTIRUN, *HELP, *SHOWING, "--config-dir", "-cd"}
# What is right for a place that was left empty, as by a variable of the shell that is not set.
PLACES = {
    **dict.fromkeys(("ckpt", "start"), CHECKPOINT),
    **dict.fromkeys(("resume", "repeat"), "give a run folder, or a .ckpt file of one"),
    "runs": "give run folders, or folders with runs in them",
    # Hydra takes an empty name for the working directory, and trains among what lies there.
    **dict.fromkeys(("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir"), "name a folder"),
}


def prepare(verb: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The name of the configuration that Hydra composes for a verb, and the arguments for it."""
    if verb not in verbs():
        raise ForgerError(f"forger has no verb {verb}{nearest(verb, verbs())}")
    check_options(arguments)
    if (key := positional(verb)) and (given := list(takewhile(is_path, arguments))):
        value = quoted(given[0]) if len(given) == 1 else f"[{','.join(map(quoted, given))}]"
        arguments = [f"{key}={value}", *arguments[len(given) :]]
    arguments = [readable(with_home(argument)) for argument in arguments]
    arguments = without_null(verb, arguments)
    check_not_empty(arguments)
    check_groups(arguments)
    name = verb
    if verb == "train":
        several = not MULTIRUN.isdisjoint(arguments)
        several |= setting(arguments, "hydra.mode", "").upper() == "MULTIRUN"
        name, arguments = load_stored_run(arguments, several)
        if name == "train":
            # Hydra can remove one option, but not a group that takes several.
            arguments = ["logger=[]" if a == "~logger" else a for a in arguments]
    if not any(argument.startswith("hydra.searchpath=") for argument in arguments):
        # First: Python's parser wants all settings side by side.
        arguments = [*search_path(), *arguments]
    if not MULTIRUN.isdisjoint(arguments):
        arguments = prepare_sweep(verb, arguments)
    # --help and --cfg only show settings, and need no -m.
    elif not any(argument.startswith("-") for argument in arguments):
        for group in ("sweep", "launcher"):
            if setting(arguments, f"+{group}", "null") != "null":
                raise ForgerError(f"+{group} is for several runs: add -m")
    return name, arguments


def with_home(argument: str) -> str:
    """The argument; of a folder below ~ that Hydra makes, with the path of the home.

    Shells do not write it there, and Hydra would make a folder of the name ~.
    """
    given = re.fullmatch(r"(hydra\.(?:run|sweep)\.dir=)(~/.*)", argument)
    return f"{given[1]}{Path(given[2]).expanduser()}" if given else argument


def check_options(arguments: Sequence[str]) -> None:
    """Raises ForgerError for dashes that settings have elsewhere, and for --cfg of nothing."""
    for option, value in pairwise([*arguments, ""]):
        if option not in ("-c", "--cfg"):
            continue
        if value not in ("job", "hydra", "all"):
            raise ForgerError(f"{option} shows settings: give {option} job, hydra or all")
        if not HELP.isdisjoint(arguments):
            raise ForgerError(f"{option} and --help both show settings: give one of them")
    for name in (argument.partition("=")[0] for argument in arguments):
        if name.startswith("-") and name not in OPTIONS:
            raise ForgerError(
                f"{name} is no option: a setting has no dashes, {name.lstrip('-')}=..."
            )


def check_not_empty(arguments: Sequence[str]) -> None:
    """Raises ForgerError for KEY= and for a place without a name; "KEY=''" is an empty text."""
    for argument in arguments:
        key, equals, value = argument.lstrip("+").partition("=")
        if not equals or key.startswith(("~", "-")):
            continue
        if not key:
            raise ForgerError(f"{argument} has no name before =: a setting is KEY=VALUE")
        if not value or (key in PLACES and not value_of(argument).strip(" []")):
            right = (
                f"give {key}=OPTION" if key in groups() else f"give {key}=VALUE, or leave it out"
            )
            raise ForgerError(f"{key} is empty: {PLACES.get(key, right)}")


def check_groups(arguments: Sequence[str]) -> None:
    """Raises ForgerError for a group that is given what is no name of an option."""
    for argument in arguments:
        override = parsed(argument)
        if override is None or override.key_or_group not in groups() or override.is_delete():
            continue
        group, value = override.key_or_group, override.value()
        shown = f"{group} (={argument.partition('=')[2]})"
        # Hydra would merge two options into one node.
        if isinstance(value, list) and group not in LIST_GROUPS:
            raise ForgerError(f"{shown} must be one option of the group, not a list")
        each = value.list if isinstance(value, ChoiceSweep) else [value]
        options = [o for one in each for o in (one if isinstance(one, list) else [one])]
        # Hydra takes {} for settings, and other sweeps find names themselves.
        if not all(isinstance(o, str | dict | Glob | Sweep) for o in options):
            none = f"{group}=[]" if group in MULTI_OPTION_GROUPS else f"~{group}"
            raise ForgerError(
                f"{shown} must be the name of an option: give {group}=NAME, or {none} for none"
            )
        if isinstance(value, list) and (twice := {o for o in value if value.count(o) > 1}):
            raise ForgerError(f"{shown} has {twice.pop()} twice: give it once")


def without_null(verb: str, arguments: Sequence[str]) -> list[str]:
    """The arguments without GROUP=null where that is the default: Hydra takes names alone."""
    defaults = cast(DictConfig, OmegaConf.load(CONF / f"{verb}.yaml")).get("defaults", [])
    nodes = [entry for entry in defaults if isinstance(entry, DictConfig)]
    empty = {f"{group}=null" for node in nodes for group, name in node.items() if name is None}
    return [argument for argument in arguments if argument not in empty]


def prepare_sweep(verb: str, arguments: Sequence[str]) -> list[str]:
    """The arguments of several runs, with the settings that all of them have in common."""
    if verb != "train":
        raise ForgerError(
            f"-m is an option of forger train: call forger {verb} once for each value"
        )
    if shows := {"-c", "--cfg", "-i", "--info"}.intersection(arguments):
        raise ForgerError(f"{shows.pop()} shows the settings of one run: remove -m")
    found = settings_among(arguments)
    for override in found:
        if override.key_or_group == "name" and override.is_sweep_override():
            raise ForgerError(
                f"{override.input_line} has several values, and names the folder of all jobs: give"
                " one; the folder of each job is named by what it changes"
            )
        if isinstance(override.value(), RangeSweep) and not any(
            True for _ in override.sweep_iterator()
        ):
            raise ForgerError(f"{override.input_line} has no values: give a range with some")
    common = [override.key_or_group for override in found if not override.is_sweep_override()]
    # First, wherever it was given: Python's parser wants all settings side by side.
    rest = [argument for argument in arguments if argument not in MULTIRUN]
    settings = list(takewhile(lambda argument: not argument.startswith("-"), rest))
    shared = f"hydra.callbacks.announce.shared={common}"
    return ["-m", *settings, shared, *rest[len(settings) :]]


def search_path() -> list[str]:
    """The setting by which Hydra finds the project's own options; none without a project."""
    conf = find_project().conf
    return [f"hydra.searchpath=[{quoted(f'file://{conf}')}]"] if conf else []


def is_path(argument: str) -> bool:
    """Whether an argument is no setting; a path may have "=" in it, if there is such a file."""
    return not argument.startswith("-") and ("=" not in argument or Path(argument).exists())


def positional(verb: str) -> str | None:
    """The setting that a verb takes without its name, as in `forger sample FOLDER`."""
    content = OmegaConf.load(CONF / f"{verb}.yaml")
    taken = (str(key) for key in content if key == "ckpt" or OmegaConf.is_missing(content, key))
    return next(taken, None)
