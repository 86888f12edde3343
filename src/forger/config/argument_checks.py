"""What is wrong with the arguments of a command, before Hydra reads them."""

from collections.abc import Iterator, Sequence

from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, Sweep

from forger.config.conf_folder import groups
from forger.config.overrides import key_of, parsed, value_of
from forger.config.settings import LIST_GROUPS, MULTI_OPTION_GROUPS
from forger.errors import ForgerError
from forger.runs.folder import CHECKPOINT

# What is right for a place that was left empty, as by a variable of the shell that is not set.
PLACES = {
    **dict.fromkeys(("ckpt", "start"), CHECKPOINT),
    **dict.fromkeys(("resume", "repeat"), "give a run folder, or a .ckpt file of one"),
    "runs": "give run folders, or folders with runs in them",
    # Hydra takes an empty name for the working directory, and trains among what lies there.
    "out": "name a folder or a file",
    **dict.fromkeys(("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir"), "name a folder"),
}


def check_not_empty(arguments: Sequence[str]) -> None:
    """Raises ForgerError for KEY= and for a place without a name; "KEY=''" is an empty text."""
    for argument in arguments:
        key, equals, value = argument.lstrip("+").partition("=")
        if not equals or key.startswith("~"):
            continue
        if not key:
            raise ForgerError(f"{argument} has no name before =: give KEY=VALUE, without spaces")
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
        # Hydra takes {} for settings, and other sweeps find names themselves.
        if not all(isinstance(o, str | dict | Glob | Sweep) for o in options_of(override)):
            none = f"{group}=[]" if group in MULTI_OPTION_GROUPS else f"~{group}"
            raise ForgerError(
                f"{shown} must be the name of an option: give {group}=NAME, or {none} for none"
            )
        if isinstance(value, list) and (twice := {o for o in value if value.count(o) > 1}):
            raise ForgerError(f"{shown} has {twice.pop()} twice: give it once")


def options_of(override: Override) -> Iterator[object]:
    """The options that an override of a group gives, of a list or a sweep each."""
    value = override.value()
    for one in value.list if isinstance(value, ChoiceSweep) else [value]:
        yield from one if isinstance(one, list) else [one]


def check_removed(arguments: Sequence[str]) -> None:
    """Raises ForgerError for an option of a group of several that is both given and removed."""
    removed = {key_of(argument): argument for argument in arguments if argument.startswith("~")}
    for argument in arguments:
        override = parsed(argument)
        if override is None or override.key_or_group not in LIST_GROUPS or override.is_delete():
            continue
        group = override.key_or_group
        for option in options_of(override):
            if taken := removed.get(f"{group}.{option}") or removed.get(group):
                raise ForgerError(
                    f"{argument} gives {option}, and {taken} removes it: leave out one of the two"
                )


def check_folder(arguments: Sequence[str]) -> None:
    """Raises ForgerError for two settings of the one folder that a verb writes in."""
    if {"out", "hydra.run.dir"} <= set(map(key_of, arguments)):
        raise ForgerError("out and hydra.run.dir both name the folder: give out alone")


def check_sweeper(arguments: Sequence[str]) -> None:
    """Raises ForgerError for another sweeper of Hydra's without its class, and for its `params`.

    What is typed there has no dots in its name, and a repeated run has no such node.
    """
    if typed := [a for a in arguments if a.startswith("+hydra.sweeper.params")]:
        raise ForgerError(
            f"{typed[0]} is for a file in conf/sweep/: give the settings themselves, each with its"
            " values, such as -m model.k=1,2"
        )
    keys = set(map(key_of, arguments))
    if "hydra/sweeper" in keys and "hydra.sweeper._target_" not in keys:
        raise ForgerError(
            "hydra/sweeper brings settings alone, since forger train sets the class: give"
            " hydra.sweeper._target_=CLASS as well, or leave it out"
        )
